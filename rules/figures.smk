rule draw_neuron:
    input:
        unpack(view_files),
        script=script_file("draw_neuron"),
        library=library(
            "figure_style", "figures", "image_sources", "neuron_views", "probe_index", "runtime", "store"
        ),
    output:
        report(
            "results/{target}/{layer}/figures/neuron_{neuron}.{format}",
            caption="../workflow/report/neuron.rst",
            category="Neurons",
            subcategory="{target} / {layer}",
            labels={"neuron": "{neuron}"},
        ),
    log:
        "results/logs/draw_neuron/{target}/{layer}/neuron_{neuron}.{format}.log",
    conda:
        "../envs/linexp.yaml"
    resources:
        mem_mb=memory(drawing_neurons),
        runtime=runtime(drawing_neurons),
    params:
        title="{target} / {layer}",
        methods=lambda wc: target_of(wc)["methods"],
        charted=charted_method,
        simulator=lambda wc: target_of(wc)["simulator"],
        images=lambda wc: image_settings("probes", target_of(wc)["probe"]),
        seed=config["seed"],
    script:
        "../workflow/scripts/draw_neuron.py"
