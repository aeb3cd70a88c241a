rule fill_table:
    input:
        script=script_file("fill_table"),
        library=library("paper_tables", "runtime", "store"),
        artifacts=table_files,
    output:
        "results/tables/table_{number}.csv",
    log:
        "results/logs/fill_table/{number}.log",
    wildcard_constraints:
        number=TABLE_NUMBERS,
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        cells=table_cells,
        seed=config["seed"],
    script:
        "../workflow/scripts/fill_table.py"


rule typeset_table:
    input:
        script=script_file("typeset_table"),
        library=library("paper_tables", "runtime", "store", "table_markup"),
        table="results/tables/table_{number}.csv",
    output:
        "results/tables/table_{number}.{markup}",
    log:
        "results/logs/typeset_table/{number}.{markup}.log",
    wildcard_constraints:
        number=TABLE_NUMBERS,
        markup="md|tex",
    localrule: True
    conda:
        "../envs/linexp.yaml"
    params:
        caption=lambda wc: paper_table(wc).caption,
        stub=lambda wc: paper_table(wc).stub,
    script:
        "../workflow/scripts/typeset_table.py"
