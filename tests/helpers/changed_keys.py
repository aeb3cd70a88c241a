"""Whose recipes are others once a key of the configuration has another value.

Those are made again, and what is made from them, as they have other identities then. So a rule is in a row where its
own recipe is another, or where it has new files to make.
"""

from helpers.whole_configs import NORMAL, core, features, image_text, images, methods, networks, places, units

NOTHING = set()
RECORD = {"record_activations", "record_outputs", "extract_head"}
REPLAY = {"sample_curves", "score_ablation", "measure_impact", "measure_effects"}
NETWORK = RECORD | REPLAY
MAPS = {"record_maps", "record_maps_of_neuron"}
OF_MAPS = NETWORK - {"record_outputs"} | MAPS
SHOW = {"make_report", "draw_layer_figure"}
TABLES = {"merge_ablation", "judge_explanations", "score_explanations", "shuffle_explanations"}
EXPLAIN = {"explain_linear", "explain_best_concept", "explain_baseline", "explain_random_concepts"}
OF_LOGITS = {"record_outputs", "extract_head", "sample_curves", "measure_impact", "measure_effects"}
OF_NETWORK = OF_LOGITS | {"record_activations", "dissect_network"}
OF_IMAGES = {"index_images", "make_labels", "embed_images"}
TRAINED = {"train_image_text"}
EMBED = {"embed_images", "embed_concepts"}
PSEUDO = {"make_pseudo_presence", "compute_moments"}
MODEL = EMBED | {"calibrate"}
DRAW = {"draw_scenes", "index_images"}
FIT = {"explain_linear"}
JUDGE = {"judge_explanations"}  # by another P, or other weights
SCORE = {"score_explanations"}  # with ceilings by another P
BOUND = {"measure_ceilings"} | SCORE  # the same where nobody else has that P
BASELINE = {"explain_baseline"}

# of each configuration: key, another value, and the rules whose recipes are others then or that have new files to make
ROWS = {
    core: [
        (
            "seed",
            1,
            {"draw_scenes", "draw_masks", "index_images", "train_classifier", "train_image_text", *NETWORK}
            | {"dissect_network", "explain_random_concepts", "judge_explanations", "shuffle_explanations"}
            | {"check_sanity", "compare_methods", "summarise_scores", "make_report"}
            | {"draw_neuron", "measure_stability"}
            | MAPS,
        ),
        ("split", {"train": 0.6, "val": 0.2, "test": 0.2}, {"index_images"}),
        (
            "paper_parity",
            True,
            {"calibrate", "make_label_presence", "make_pseudo_presence", "dissect_network", "measure_stability"}
            | EXPLAIN,
        ),
        ("min_presence", 0.4, {"make_pseudo_presence"}),
        ("run", ["net/layer3"], NOTHING),
        ("probes.scenes.images", 250, {"draw_scenes", "draw_masks", "dissect_network"}),
        ("probes.scenes.size", 40, {"draw_scenes", "draw_masks", "dissect_network"}),
        ("probes.scenes.first", 7, {"draw_scenes", "draw_masks", "dissect_network"}),
        (
            "probes.scenes.limit",
            200,
            OF_IMAGES | NETWORK | MAPS | {"dissect_network", "make_report", "draw_neuron"},
        ),
        (
            "probes.scenes.image_blocks",
            3,
            {"embed_images_block", "record_activations_block", "record_outputs_block"},  # the whole is what it was
        ),
        ("probes.scenes.image_blocks", "auto", NOTHING),
        ("training_sets.training.images", 250, {"draw_scenes"}),
        ("training_sets.training.limit", 200, {"index_images", "make_labels", "train_classifier", "train_image_text"}),
        ("trained_models.net.images", "more", DRAW | {"train_classifier"}),
        ("trained_models.net.network", "resnet10t", {"train_classifier"}),
        ("trained_models.net.arguments", {"act_layer": "silu"}, {"train_classifier"}),
        ("trained_models.net.size", 40, {"train_classifier"}),
        ("trained_models.net.epochs", 2, {"train_classifier"}),
        ("trained_models.net.batch_size", 32, {"train_classifier"}),
        ("trained_models.net.learning_rate", 0.01, {"train_classifier"}),
        ("trained_models.one.images", "more", DRAW | TRAINED | {"make_labels"}),
        ("trained_models.one.model", "other.json", TRAINED | EMBED),
        ("trained_models.one.absent", ["shoe"], TRAINED),
        ("trained_models.one.epochs", 3, TRAINED),
        ("trained_models.one.batch_size", 32, TRAINED),
        ("trained_models.one.learning_rate", 0.01, TRAINED),
        ("image_text_models.one.trained", "two", EMBED),
        ("image_text_models.one.prompt", "a photo of a {}", {"embed_concepts"}),
        ("image_text_models.two.prompt", "a photo of a {}", {"embed_concepts", "embed_explanations"}),
        ("image_text_models.one.batch_size", 7, NOTHING),
        ("image_text_models.one.dense", "crops", NOTHING),  # of places alone
        ("image_text_models.one.calibration.a", 11.0, {"calibrate"}),
        ("image_text_models.one.calibration.b", 0.4, {"calibrate"}),
        (
            "image_text_models.two.calibration.probe",
            "others",
            DRAW | MODEL | {"make_labels", "make_concept_set"},
        ),
        ("concept_sets.mine.file", "other.txt", {"make_concept_set"}),
        ("concept_sets.classes.class_names", "ResNet50_Weights.IMAGENET1K_V1", {"make_concept_set"}),
        ("concept_sets.nouns.nouns", 8, {"make_concept_set"}),
        ("concept_sets.few.words", 8, {"make_concept_set"}),
        ("concept_sets.words.union", ["mine", "labels"], {"make_concept_set"}),
        (
            "targets.brief.like",
            "twin",
            RECORD | FIT | BOUND | {"sample_curves", "score_ablation", "judge_explanations", "score_explanations"},
        ),
        ("targets.net.layers.layer4.module", "layer3", OF_MAPS | {"dissect_network"}),
        ("targets.net.layers.layer4.pool", "max", OF_MAPS),
        ("targets.net.layers.layer4.channels", "last", OF_MAPS | {"dissect_network"}),
        ("targets.net.layers.layer4.output", 0, OF_MAPS | {"dissect_network"}),
        ("targets.net.layers.layer4.ablation", False, {"score_explanations", "check_sanity", "make_report"}),
        (
            "targets.net.layers.layer4.impact",
            False,
            {"draw_layers_impact", "make_report"},  # which has its figure
        ),  # Top Impact of layer4 is asked for by name
        (
            "targets.net.explainer",
            "three",
            MODEL
            | PSEUDO
            | SHOW
            | JUDGE
            | BOUND
            | {"explain_linear", "explain_best_concept", "explain_baseline", "measure_stability"},
        ),
        (
            "targets.net.simulator",
            "three",
            MODEL
            | TABLES
            | SHOW
            | BOUND
            | {"simulate", "score_ablation", "embed_explanations", "check_sanity", "draw_neuron"},
        ),
        (
            "targets.net.more_simulators",
            ["three"],
            MODEL | TABLES | SHOW | {"simulate", "score_ablation", "embed_explanations"},
        ),
        ("targets.net.allow_same_simulator", True, NOTHING),
        (
            "targets.net.concepts",
            "mine",
            {"make_concept_set", "embed_concepts", "explain_linear", "explain_best_concept", "simulate"}
            | {"check_sanity", "make_report", "measure_stability"}
            | JUDGE
            | BOUND
            | PSEUDO,
        ),
        (
            "targets.net.wider_concepts",
            "nouns",
            SCORE | {"make_concept_set", "embed_concepts", "make_pseudo_presence", "find_missing_concepts"},
        ),
        (
            "targets.net.methods",
            ["le_label", "le_siglip", "best_concept", "clip_dissect", "dissection", "le_siglip_top5"],
            FIT | TABLES | {"simulate", "score_ablation", "check_sanity", "make_report", "draw_neuron"},
        ),
        (
            "targets.net.neurons",
            [0, 3],
            EXPLAIN
            | BOUND
            | {"explain_network_dissection", "sample_curves", "check_sanity"}
            | {
                "judge_explanations",
                "score_explanations",
                "shuffle_explanations",
                "measure_effects",
                "measure_impact",
                "measure_stability",
                "record_maps",
            },
        ),
        ("targets.net.stability", True, {"measure_stability", "make_report"}),  # of le_label; of le_siglip it is there
        ("targets.net.batch_size", 7, NOTHING),
        (
            "targets.net.neuron_blocks",
            2,
            {"sample_curves_block", "score_ablation_block", "measure_impact_block", "dissect_block"}
            | {"merge_ablation", "merge_impact", "merge_dissections"},
        ),
        ("targets.net.class_map", {"circle": 1}, {"record_outputs"}),
        ("targets.net.temperature", 1.1, {"record_outputs"}),
        # without a loss that needs labels, the model may have other classes than the probe
        (
            "targets.net.ablation.loss",
            "kl",
            {"record_outputs", "sample_curves", "score_ablation", "check_sanity", "make_report"},
        ),
        ("targets.net.ablation.optim", False, {"sample_curves", "score_ablation", "check_sanity"}),
        ("targets.net.ablation.replace", "constant", {"sample_curves", "score_ablation", "measure_effects"}),
        ("targets.net.ablation.most_nodes", 17, {"sample_curves", "score_ablation"}),
        ("targets.net.ablation.tolerance", 0.5, {"sample_curves", "score_ablation"}),
        (
            "targets.net.controls",
            ["shuffled"],
            TABLES | {"summarise_scores"},
        ),
        (
            "targets.net.probe",
            "others",
            DRAW
            | RECORD
            | {"make_labels", "embed_images", "draw_masks", "make_concept_set", "embed_concepts"}
            | {"dissect_network", "make_label_presence", "explain_network_dissection"}
            | PSEUDO
            | EXPLAIN
            | BOUND
            | REPLAY
            | {"judge_explanations", "shuffle_explanations", "simulate", "check_sanity", "summarise_scores"}
            | MAPS
            | {"draw_neuron"}
            | {"make_report", "measure_stability"},
        ),
    ],
    units: [
        (
            "targets.net.layers.layer4.units.directions",
            "others.npy",
            NETWORK - {"record_outputs"} | {"dissect_network"},
        ),
        ("targets.net.layers.layer4.tokens", "patches", NETWORK - {"record_outputs"}),
        *(
            (f"targets.net.layers.layer3.units.{key}", value, {"record_activations", "extract_head", "sample_curves"})
            for key, value in {
                **{"sae": "others.pt", "format": "saev", "activation": "top_k", "k": 3, "threshold": 0.5},
                **{"subtract_bias": True, "normalise": "layer_norm", "allow_poor_reconstruction": True},
            }.items()
        ),
        ("targets.net.layers.trained.units.trained", "again", {"train_sae", "record_activations"}),
        ("targets.net.layers.trained.units.allow_poor_reconstruction", True, {"record_activations"}),
        ("trained_models.features.images", "more", DRAW | {"train_sae"}),
        ("trained_models.features.layer", "layer3", {"train_sae"}),
        ("trained_models.features.target", "another", {"train_sae"}),
        *(
            (f"trained_models.features.{key}", value, {"train_sae"})
            for key, value in {"features": 8, "k": 2, "epochs": 3, "batch_size": 99, "learning_rate": 0.1}.items()
        ),
    ],
    places: [
        (
            "targets.net.layers.where.places",
            3,
            {"record_activations", "index_places", "measure_areas", "make_area_presence_at_places", "compute_moments"}
            | {"embed_places", "calibrate_places", "make_pseudo_presence_at_places"}
            | {"explain_linear", "simulate_by_pixels", "simulate"},
        ),
        (
            "probes.scenes.image_blocks",
            3,
            {"embed_images_block", "record_activations_block", "embed_places_block"},
        ),
        ("image_text_models.one.dense", "crops", {"embed_places"}),
        ("image_text_models.two.dense", "convolutional", {"embed_places"}),
        ("image_text_models.one.calibration.a", 11.0, {"calibrate", "calibrate_places"}),
        ("min_presence", 0.4, {"make_pseudo_presence"}),
        ("image_text_models.one.batch_size", 7, NOTHING),
        ("targets.net.layers.where.pool", "max", {"record_activations"}),
        ("methods.area.presence", "label", {"explain_best_concept", "make_label_presence", "compute_moments"}),
    ],
    features: [("targets.net.classes", "none", {"score_explanations", "check_sanity"})],
    methods: [
        ("methods.linear.presence", "label", FIT | JUDGE | SCORE | {"simulate"}),
        ("methods.linear.solver", "glm_saga", FIT),
        ("methods.linear.lambda", 0.1, FIT),
        ("methods.linear.alpha", 0.5, FIT),
        ("methods.linear.greedy.max_concepts", 3, FIT),
        ("methods.linear.greedy.width", 3, FIT),
        ("methods.linear.greedy.tolerance", 0.1, FIT),
        ("methods.top.greedy", {"width": 3}, NOTHING),
        ("methods.linear.top_k", 5, FIT),
        ("methods.top.label_weight", 0.25, FIT | JUDGE | BOUND | {"make_both_presence", "compute_moments"}),
        ("methods.top.label_weight", 0.5, NOTHING),
        ("methods.linear.search", {"beam": 3}, FIT | JUDGE),
        ("methods.linear.explainer", "three", MODEL | PSEUDO | FIT | JUDGE | BOUND),
        ("methods.linear.explainer", "one", NOTHING),
        (
            "methods.linear.concepts",
            "mine",
            {"make_concept_set", "embed_concepts", "simulate"} | PSEUDO | FIT | JUDGE | BOUND,
        ),
        ("methods.linear.concepts", "words", NOTHING),
        ("methods.search.presence", "label", FIT | {"simulate"}),
        *(
            (f"methods.search.search.{key}", value, FIT)
            for key, value in {
                **{"max_concepts": 3, "tolerance": 0.1, "length": 5, "like": "label", "beam": 3, "swaps": False},
            }.items()
        ),
        ("methods.search.search.ridge", 0.1, FIT | JUDGE),
        ("methods.search.search.positive", True, FIT | JUDGE),
        ("methods.search.explainer", "three", MODEL | PSEUDO | FIT | JUDGE | BOUND | {"make_both_presence"}),
        (
            "methods.search.concepts",
            "mine",
            {"make_concept_set", "embed_concepts", "make_both_presence", "simulate"} | PSEUDO | FIT | JUDGE | BOUND,
        ),
        ("methods.search.label_weight", 0.25, FIT | JUDGE | BOUND | {"make_both_presence", "compute_moments"}),
        ("methods.best.presence", "pseudo", {"explain_best_concept"}),
        (
            "methods.best.label_weight",
            0.25,
            JUDGE | BOUND | {"make_both_presence", "compute_moments", "explain_best_concept"},
        ),
        (
            "methods.best.explainer",
            "three",
            MODEL | PSEUDO | JUDGE | BOUND | {"make_both_presence", "explain_best_concept"},
        ),
        (
            "methods.best.concepts",
            "mine",
            {"make_concept_set", "embed_concepts", "make_both_presence", "simulate", "explain_best_concept"}
            | PSEUDO
            | BOUND
            | JUDGE,
        ),
        ("methods.soft_wpmi.similarity", "wpmi", BASELINE),
        *(
            (f"methods.{similarity}.{key}", value, BASELINE)
            for similarity, keys in {
                "soft_wpmi": {"top_images": 9, "softmax_scale": 3, "prior": 0.5, "p_start": 0.9, "p_end": 0.5},
                "wpmi": {"top_images": 9, "softmax_scale": 3, "prior": 0.5},
                "rank_reorder": {"top_fraction": 0.1, "exponent": 2, "similarity_exponent": 1},
            }.items()
            for key, value in keys.items()
        ),
        *(
            row
            for similarity in ("soft_wpmi", "wpmi", "rank_reorder", "cos_cubed")
            for row in (
                (f"methods.{similarity}.explainer", "three", EMBED | BASELINE),
                (
                    f"methods.{similarity}.concepts",
                    "mine",
                    {"make_concept_set", "embed_concepts", "simulate"} | BASELINE | JUDGE,
                ),
            )
        ),
        ("methods.dissection.probe", "others", DRAW | {"draw_masks", "dissect_network"}),
        ("methods.dissection.top_fraction", 0.1, {"dissect_network"}),
        ("methods.dissection.minimum_iou", 0.1, {"explain_network_dissection"}),
        ("methods.theirs.file", "others.csv", {"import_explanations"}),
        ("methods.theirs.format", "milannotations", {"import_explanations"}),
        ("methods.theirs.layer", "layer3", {"import_explanations"}),
    ],
    images: [
        *(
            (f"probes.{name}.{key}", value, OF_IMAGES)
            for name in ("folder", "cifar100", "places365", "imagenet", "broden", "masked")
            for key, value in {"root": "others", "limit": 9, "on_bad_image": "skip", "split": "splits.csv"}.items()
        ),
        *(
            (f"probes.{name}.superclasses", {"pet": ["cat"]}, {"make_labels"})
            for name in ("folder", "parquet", "webdataset", "hub", "cifar100", "places365", "imagenet")
        ),
        ("probes.folder.superclasses", "groups.yaml", {"make_labels"}),
        ("probes.folder.class_names", ["cat", "dog"], OF_IMAGES),
        ("probes.folder.origin", "elsewhere", NOTHING),
        ("probes.masked.masks", "photos", {"make_labels"}),
        ("probes.masked.names", ["sky", "water"], {"make_labels"}),
        ("probes.masked.origin", "elsewhere", NOTHING),
        ("probes.imagenet.devkit", "others", OF_IMAGES),
        ("probes.imagenet.class_names", "names.txt", OF_IMAGES),
        *(
            (f"probes.{name}.{key}", value, OF_IMAGES)
            for name, keys in {
                "parquet": {"files": ["others.parquet"], "image": "picture", "label": "other", "split": "splits.csv"},
                "webdataset": {"files": ["others.tar"], "image": "png", "label": "txt", "split": "splits.csv"},
                "hub": {"image": "picture", "label": "other", "split_file": "splits.csv"},
            }.items()
            for key, value in (keys | {"class_names": ["cat", "mouse"], "on_bad_image": "skip"}).items()
        ),
        *((f"probes.{name}.key", "name", OF_IMAGES) for name in ("parquet", "hub")),
        *((f"probes.{name}.concepts", "tags", {"make_labels"}) for name in ("parquet", "hub")),
        *((f"probes.{name}.origin", "elsewhere", NOTHING) for name in ("parquet", "webdataset")),
        *((f"probes.{name}.limit", 9, OF_IMAGES) for name in ("parquet", "webdataset")),
        *(
            (f"probes.hub.{key}", value, OF_IMAGES | {"fetch_images"})
            for key, value in {
                "repo": "a/c",
                "subset": "small",
                "split": "test",
                "revision": "main",
                "limit": 9,
            }.items()
        ),
    ],
    image_text: [
        ("image_text_models.file.model", "other.json", EMBED),
        ("image_text_models.file.pretrained", "others.safetensors", EMBED),
        ("image_text_models.file.tokenizer", "other_tokenizer", EMBED),  # it may have the text encoder's configuration
        ("image_text_models.published.model", "ViT-B-16", EMBED | {"download_image_text_weights"}),
        ("image_text_models.published.pretrained", "laion400m_e31", EMBED | {"download_image_text_weights"}),
        ("image_text_models.published.prompt", "a photo of a {}", {"embed_concepts"}),
    ],
    networks: [
        *(
            (f"targets.{source}.model.{key}", value, OF_NETWORK | {"download_target_weights"})
            for source, keys in {
                "torchvision": {"name": "resnet34", "weights": "IMAGENET1K_V2", "arguments": {"width_per_group": 32}},
                "timm": {"name": "resnet34", "arguments": {"in_chans": 3}},
                "transformers": {"name": "a/c", "architecture": "ViTModel", "arguments": {"num_labels": 3}},
                "hub": {"name": "m", "arguments": {"a": 1}},
            }.items()
            for key, value in keys.items()
        ),
        *(
            (f"targets.{source}.model.{key}", value, OF_NETWORK)
            for source, keys in {
                "torchvision": {"preprocess": NORMAL, "untrained": True},
                "file": {"weights": "others.pt"},
                **{
                    source: {"weights": "none", "preprocess.mean": [0.4] * 3, "untrained": True}
                    for source in ("timm", "transformers", "hub")
                },
                "factory": {
                    **{"call": "theirs:make", "checkpoint": "none", "arguments": {"a": 1}, "untrained": True},
                    **{"preprocess.mean": [0.4] * 3, "preprocess.std": [0.4] * 3, "preprocess.resize": 40},
                    **{"preprocess.crop": 30, "preprocess.interpolation": "bicubic"},
                },
                "trained": {"untrained": True},
            }.items()
            for key, value in keys.items()
        ),
        ("targets.hub.model.repo", "a/c", OF_NETWORK | {"fetch_repository", "download_target_weights"}),
        *(
            (f"targets.{source}.model.output", "logits", OF_LOGITS)
            for source in ("torchvision", "timm", "transformers", "hub", "factory")
        ),
        ("targets.trained.model.name", "again", OF_NETWORK | {"train_classifier"}),
        ("targets.recorded.model.activations", "others.h5", {"import_activations"}),
        ("targets.recorded.model.dataset", "{layer}", {"import_activations"}),
        ("targets.file.weights_origin", "elsewhere", NOTHING),
    ],
}
