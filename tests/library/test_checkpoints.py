"""What is written comes back, what is broken is refused with its reason, and nothing is ever half there."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from course_lib import checkpoints
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.models import MirrorGenerator, SignalCritic, SignalGenerator
from course_lib.training import TrainingConfig, train


@pytest.mark.parametrize("make", [SignalGenerator, MirrorGenerator])
@pytest.mark.parametrize("n_classes", [None, 3])
def test_a_loaded_model_is_the_saved_one(tmp_path, make, n_classes):
    torch.manual_seed(0)
    model = make(20, 2, 8, 4, n_classes).eval()
    checkpoints.save_model(model, tmp_path / "deep" / "model.safetensors")
    again = checkpoints.load_model(tmp_path / "deep" / "model.safetensors")
    labels = None if n_classes is None else torch.tensor([0, 2])
    noise = torch.randn(2, 8)
    assert torch.equal(model(noise, labels), again(noise, labels))
    assert again.arguments == model.arguments and not again.training
    assert (tmp_path / "deep" / "model.safetensors").stat().st_mode & 0o777 == 0o644


def test_the_scaler_comes_back_to_the_last_bit(tmp_path):
    scaler = Scaler(mean=torch.tensor([0.1, -1 / 3]), std=torch.tensor([2 / 7, 1e-6]))
    path = tmp_path / "model.safetensors"
    checkpoints.save_model(SignalCritic(20, 2, 4), path, scaler=scaler, class_names=("ä", "b"))
    again = checkpoints.load_scaler(path)
    assert torch.equal(again.mean, scaler.mean) and torch.equal(again.std, scaler.std)
    assert checkpoints.load_class_names(path) == ("ä", "b")


def test_the_invariants_come_back_to_the_last_bit(tmp_path):
    found = Invariants(
        (1 / 3, None), (1.0, None), 1, (None, (0.1, 0.2)), (((0.5, 1e-3), (2 / 7, 1.0)), None), (None, 1e-9)
    )
    path = tmp_path / "model.safetensors"
    checkpoints.save_model(SignalCritic(20, 2, 4), path, invariants=found)
    assert checkpoints.load_invariants(path) == found
    checkpoints.save_model(SignalCritic(20, 2, 4), path)
    assert checkpoints.load_invariants(path) is None


def test_a_run_keeps_invariants_and_scaler_beside_its_generator(tmp_path):
    recordings = SignalDataset(np.random.default_rng(0).integers(0, 9, (12, 1, 16)).astype(np.float32) / 4)
    found, scaled = Invariants.found_in(recordings), Scaler.fit(recordings).transform(recordings)
    generator, critic = SignalGenerator(16, 1, 4, 4), SignalCritic(16, 1, 4)
    config = TrainingConfig(steps=2, batch_size=4)
    train(generator, critic, scaled, config, device="cpu", checkpoint_dir=tmp_path, invariants=found)
    assert found.lattice == ((0.0, 0.25),)
    assert checkpoints.load_invariants(tmp_path / "generator.safetensors") == found


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at .*nowhere"):
        checkpoints.load_model(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused_with_its_size(tmp_path, share):
    path = tmp_path / "model.safetensors"
    checkpoints.save_model(SignalCritic(20, 1, 4), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=r"bytes\) is not a whole checkpoint.*cut short"):
        checkpoints.load_model(path)


def test_a_pickle_is_never_opened(tmp_path):
    path = tmp_path / "model.safetensors"
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="not a whole checkpoint"):
        checkpoints.load_model(path)


def test_the_weights_of_another_model_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    words = {"model": json.dumps(checkpoints.describe(SignalCritic(20, 1, 8)))}
    save_file(SignalCritic(20, 1, 4).state_dict(), path, metadata=words)
    with pytest.raises(ValueError, match="do not belong to the SignalCritic"):
        checkpoints.load_model(path)


def test_a_safetensors_file_from_elsewhere_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"x": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="no model of this course; expected one of"):
        checkpoints.load_model(path)


def test_a_weight_that_is_not_a_number_is_never_saved(tmp_path):
    model, path = SignalCritic(20, 1, 4), tmp_path / "model.safetensors"
    checkpoints.save_model(model, path)
    before = path.read_bytes()
    with torch.no_grad():
        model.score.weight[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"score\.weight.*Nothing was written"):
        checkpoints.save_model(model, path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    checkpoints.save_model(SignalCritic(20, 1, 4), path)
    before = path.read_bytes()

    def fails(tensors, name, metadata):
        with open(name, "wb") as file:
            file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save_file", fails)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save_model(SignalCritic(20, 1, 4), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_model_that_is_not_the_course_s_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="expected one of.*got a Linear"):
        checkpoints.save_model(torch.nn.Linear(2, 2), tmp_path / "model.safetensors")


def test_a_class_of_the_reader_s_own_is_not_saved_under_the_course_s_name(tmp_path):
    own = type("SignalGenerator", (torch.nn.Linear,), {})
    with pytest.raises(ValueError, match="expected one of.*got a SignalGenerator of your own.*save_file"):
        checkpoints.save_model(own(2, 2), tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_tilde_in_a_path_is_the_reader_s_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    checkpoints.save_model(SignalCritic(20, 1, 4), "~/models/model.safetensors")
    assert (tmp_path / "models" / "model.safetensors").is_file()
    assert checkpoints.load_model("~/models/model.safetensors").length == 20
