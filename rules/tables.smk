rule fill_table:
    input:
        artifacts=needs(sources.table_files),
    output:
        "results/tables/table_{number}.csv",
    log:
        "results/logs/fill_table/{number}.log",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        cells=ask(sources.table_cells),
        seed=config["seed"],
    message:
        "Fill table {wildcards.number} of the paper"
    script:
        "../workflow/scripts/fill_table.py"


rule typeset_table:
    input:
        table="results/tables/table_{number}.csv",
    output:
        "results/tables/table_{number}.{markup}",
    log:
        "results/logs/typeset_table/{number}.{markup}.log",
    wildcard_constraints:
        markup="md|tex",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        caption=lambda wc: tables.paper_tables()[int(wc.number)].caption,
        stub=lambda wc: tables.paper_tables()[int(wc.number)].stub,
    message:
        "Typeset table {wildcards.number} of the paper"
    script:
        "../workflow/scripts/typeset_table.py"
