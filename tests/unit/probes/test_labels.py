"""Labels: which concepts are true of which image, and files of names that are refused."""

import numpy as np
import pytest
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from linexp.errors import LinexpError
from linexp.probes.class_lists import class_names, is_names_file
from linexp.probes.labels import multi_hot
from linexp.probes.superclasses import superclasses

WORDS = ["cat", "dog", "crane", "car", "bus", "boat"]


@st.composite
def labelled_images(draw):
    """Class numbers, class names (some twice), superclasses of them, and lists of further concepts."""
    names = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7))
    n = draw(st.integers(0, 8))
    labels = np.array(draw(st.lists(st.integers(-1, len(names) - 1), min_size=n, max_size=n)), np.int32)
    group_names = draw(st.lists(st.sampled_from(["animal", "vehicle", "thing"]), unique=True))
    groups = {name: draw(st.lists(st.sampled_from(names), min_size=1, max_size=4)) for name in group_names}
    concept = st.sampled_from(["red", "small", *names])
    further = draw(st.one_of(st.just([]), st.lists(st.lists(concept, max_size=3), min_size=n, max_size=n)))
    return labels, names, groups, further


@given(labelled_images())
@settings(max_examples=80, deadline=None)
def test_an_image_has_its_class_its_further_concepts_and_their_superclasses(made):
    labels, names, groups, further = made
    found = multi_hot(labels, names, groups, further)
    assert found.matrix.dtype == np.uint8
    assert found.matrix.shape == (len(labels), len(found.concepts))
    assert len(set(found.concepts)) == len(found.concepts) == len(found.origins) == len(found.classes_covered)
    for row, label in enumerate(labels):
        true = set(further[row]) if further else set()
        if label >= 0:
            true.add(names[label])
        for group, members in groups.items():
            if true & set(members):
                true.add(group)
        assert {concept for concept, value in zip(found.concepts, found.matrix[row], strict=True) if value} == true
    for concept, origin, covered in zip(found.concepts, found.origins, found.classes_covered, strict=True):
        if concept in groups:
            assert (origin, covered) == ("superclass", sum(name in groups[concept] for name in names))
        elif concept in names:
            assert (origin, covered) == ("class", names.count(concept))
        else:
            assert (origin, covered) == ("label", 0)


def test_columns_are_classes_then_superclasses_then_other_labels():
    found = multi_hot(np.array([1]), ["dog", "cat"], {"pet": ["cat"], "animal": ["dog", "cat"]}, [["small", "red"]])
    assert found.concepts == ["dog", "cat", "pet", "animal", "red", "small"]
    assert found.origins == ["class"] * 2 + ["superclass"] * 2 + ["label"] * 2
    assert found.classes_covered.tolist() == [1, 1, 1, 2, 0, 0]
    assert found.matrix.tolist() == [[0, 1, 1, 1, 1, 1]]


def test_classes_that_share_a_name_share_a_column():
    found = multi_hot(np.array([0, 1, 2, -1]), ["crane", "dog", "crane"], {"bird": ["crane"]})
    assert found.concepts == ["crane", "dog", "bird"]
    assert found.matrix.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert found.classes_covered.tolist() == [2, 1, 2]


def test_images_without_any_labels_have_no_concepts():
    found = multi_hot(np.full(3, -1), [], {})
    assert (found.matrix.shape, found.concepts) == ((3, 0), [])


@pytest.mark.parametrize("name", ["cat", "red"])
def test_a_superclass_cannot_have_the_name_of_another_concept(name):
    with pytest.raises(LinexpError, match=f"superclass '{name}' has the name of another concept; rename it"):
        multi_hot(np.array([0]), ["cat", "dog"], {name: ["dog"]}, [["red"]])


@pytest.mark.parametrize("member", ["cow", "red", "Cat"])
def test_a_superclass_is_made_of_classes(member):
    with pytest.raises(LinexpError, match=f"superclass 'pet' has the member '{member}', which is not a class name"):
        multi_hot(np.array([0]), ["cat", "dog"], {"pet": ["cat", member]}, [["red"]])


def test_class_names_are_a_list_or_nothing():
    assert class_names(None) is None
    assert class_names(["b", "a"]) == ["b", "a"]


def test_imagenet_has_a_thousand_class_names():
    names = class_names("imagenet1k")
    assert len(names) == 1000
    assert (names[0], names[207], names[999]) == ("tench", "golden retriever", "toilet tissue")
    assert len(set(names)) == 1000, "no two classes share a column"


def test_class_names_come_from_the_metadata_of_weights():
    assert class_names("ViT_L_32_Weights.IMAGENET1K_V1") == class_names("imagenet1k")
    assert len(class_names("FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1")) == 21
    for name in ("ResNet50_Weights.IMAGENET", "Nothing_Weights.X"):
        with pytest.raises(LinexpError, match=f"class_names: torchvision has no weights '{name}'; correct the name"):
            class_names(name)
    with pytest.raises(LinexpError, match=r"weights 'Raft_Large_Weights.C_T_V1' do not name classes; give a list"):
        class_names("Raft_Large_Weights.C_T_V1")


@pytest.mark.parametrize("setting", [None, ["a.txt"], {"a.txt": []}, "imagenet1k", "ResNet50_Weights.IMAGENET1K_V1"])
def test_only_paths_with_an_ending_are_files_of_names(setting):
    assert is_names_file("some/names.txt") and not is_names_file(setting)


def test_class_names_come_from_a_text_file_in_its_order(tmp_path):
    (tmp_path / "names.txt").write_bytes("\ufeffzebra\r\n ant \r\nGrün fink\r\n\r\n".encode())
    assert class_names(str(tmp_path / "names.txt")) == ["zebra", "ant", "Grün fink"]


def test_a_blank_line_among_class_names_is_refused_as_it_would_shift_the_numbers(tmp_path):
    (tmp_path / "names.txt").write_text("ant\n\nbee\n")
    with pytest.raises(LinexpError, match=r"names.txt: line 2 is blank, .*; fill or remove it"):
        class_names(str(tmp_path / "names.txt"))


@pytest.mark.parametrize(("read", "built_in"), [(class_names, "imagenet1k"), (superclasses, "cifar100, wordnet")])
def test_a_file_of_names_that_cannot_be_read_is_named(tmp_path, read, built_in):
    with pytest.raises(LinexpError, match=f"nowhere.txt is neither {built_in} nor a file that can be read; correct it"):
        read(str(tmp_path / "nowhere.txt"))
    (tmp_path / "latin1.txt").write_bytes("Grün".encode("latin-1"))
    with pytest.raises(LinexpError, match=r"latin1.txt is not UTF-8 text; save it as UTF-8"):
        read(str(tmp_path / "latin1.txt"))


def test_superclasses_are_a_mapping_a_file_or_nothing(tmp_path):
    assert superclasses(None) == {}
    assert superclasses({"pet": ("cat", "dog")}) == {"pet": ["cat", "dog"]}
    (tmp_path / "groups.yaml").write_text("pet: [cat, dog]\nvehicle: [car]\n")
    assert superclasses(str(tmp_path / "groups.yaml")) == {"pet": ["cat", "dog"], "vehicle": ["car"]}


@pytest.mark.parametrize("text", ["pet: cat", "- pet", "pet: [1]", "1: [cat]", "", "pet: [cat", "a\tb: ]", "pet:"])
def test_a_file_that_has_no_superclasses_is_refused(tmp_path, text):
    (tmp_path / "groups.yaml").write_text(text)
    with pytest.raises(LinexpError, match=r"groups.yaml (is not YAML|does not have superclasses)") as caught:
        superclasses(str(tmp_path / "groups.yaml"))
    assert "\n" not in str(caught.value) and ";" in str(caught.value)


def test_the_superclasses_of_cifar100_are_20_of_5_that_share_no_class():
    groups = superclasses("cifar100")
    members = [member for listed in groups.values() for member in listed]
    assert len(groups) == 20
    assert {len(listed) for listed in groups.values()} == {5}
    assert len(set(members)) == 100
    assert not set(groups) & set(members)
    assert not any("_" in name for name in [*groups, *members])
    known = {
        "aquatic mammals": {"beaver", "dolphin", "otter", "seal", "whale"},
        "fish": {"aquarium fish", "flatfish", "ray", "shark", "trout"},
        "trees": {"maple tree", "oak tree", "palm tree", "pine tree", "willow tree"},
        "vehicles 1": {"bicycle", "bus", "motorcycle", "pickup truck", "train"},
    }
    for name, listed in known.items():
        fitting = [group for group, found in groups.items() if set(found) == listed]
        assert len(fitting) == 1, name


def test_the_members_are_the_classes_that_torchvision_knows():
    # torchvision carries the names only in the data; CIFAR-100's own class list has these with underscores
    names = "apple aquarium_fish lawn_mower sweet_pepper streetcar willow_tree pickup_truck maple_tree telephone"
    members = {member for listed in superclasses("cifar100").values() for member in listed}
    assert {name.replace("_", " ") for name in names.split()} <= members
    assert torchvision.datasets.CIFAR100.meta["key"] == "fine_label_names"
