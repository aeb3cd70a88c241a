"""What jobs ask a cluster for follows the size of the work."""

from types import SimpleNamespace

from linexp.planning import resources

CONFIG = {
    "probes": {"photos": {"kind": "scenes", "images": 1_000_000}},
    "concept_sets": {"words": {"words": 20_000}},
}


def test_memory_and_time_follow_the_concepts_and_images_and_the_attempt():
    asked = resources.summing_moments(CONFIG, SimpleNamespace(probe="photos", presence="words/one"))
    # 4 × 20,000² numbers of 4 bytes beside 2,000 MB; 2 × 10⁶ × 20,000² operations at 10¹⁰ a second, beside 10 minutes
    assert (asked.megabytes(1), asked.minutes(1)) == (2_000 + 6_400, 10 + 1_334)
    assert (asked.megabytes(3), asked.minutes(3)) == (3 * (2_000 + 6_400), 3 * (10 + 1_334))


def test_what_reads_units_is_asked_for_by_the_size_of_their_file(tmp_path):
    (tmp_path / "sae.pt").write_bytes(bytes(5_000_000))
    layers = {"neurons": {}, "features": {"units": {"sae": str(tmp_path / "sae.pt")}}}
    target = {"model": {"source": "trained", "name": "net"}, "probe": "photos", "layers": layers}
    config = CONFIG | {"targets": {"net": target}}
    neurons, features = (
        resources.recording(config, SimpleNamespace(target="net", layer=layer)).megabytes(1) for layer in layers
    )
    assert features - neurons == 1_500 + 4 * 5
    assert resources.recording(config, SimpleNamespace(target="net")).megabytes(1) == neurons
