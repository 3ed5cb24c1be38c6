"""What a run survives: killed, interrupted, out of room, damaged or contested, it loses the steps since its checkpoint.

Each fault is followed by a resumption, and the resumed run is compared with one that nothing happened to: weights and
history, bit for bit. Children come from a fork server that has PyTorch loaded, so that a kill costs less than a second.
"""

import contextlib
import itertools
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from course_lib import checkpoints
from course_lib.models import SignalCritic, SignalGenerator
from course_lib.training import TrainingConfig, TrainingDiverged, TrainingWarning, train
from tools.address import ROOT

SHORT = TrainingConfig(steps=4, batch_size=8, critic_steps=1, checkpoint_every=2, read_every=2)
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["course_lib.training", "pytest"])
WRITING = ((tempfile, "mkstemp"), (checkpoints, "save_file"), (os, "fsync"), (os, "chmod"), (os, "replace"))


def run(folder=None, config=SHORT, *, callbacks=(), on_critic=None):
    """A small run, begun or gone on with; the numbers that two equal runs share, and the step that it began after."""
    torch.set_num_threads(1)
    values = torch.randn(40, 1, 16, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    generator, critic = SignalGenerator(16, 1, 8, 4), SignalCritic(16, 1, 4)
    if on_critic is not None:
        critic.features.register_forward_hook(lambda *given: on_critic())
    begun = []
    callbacks = [lambda state: begun.append(state.step - 1), *callbacks]
    options = dict(device="cpu", callbacks=callbacks, checkpoint_dir=folder, resume=True)
    history = train(generator, critic, values, config, **options)
    weights = [value.double().flatten() for model in (generator, critic) for value in model.state_dict().values()]
    return torch.cat(weights).numpy().tobytes(), history.rows().tobytes(), (begun or [len(history)])[0]


def resumed(folder, config=SHORT):
    """As `run`, and what was said on the way."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", TrainingWarning)
        return run(folder, config), [str(one.message) for one in said]


@pytest.fixture(scope="module")
def whole():
    """The run that nothing happened to."""
    return run()[:2]


def child(target, *arguments):
    process = CHILDREN.Process(target=target, args=arguments)
    process.start()
    return process


def ended(process) -> int:
    process.join(120)
    return process.exitcode


# ------------------------------------------------------------------------------------------------------------- killed


def dying_at(number, names, die, patch):
    """Let one of the calls that write be the last, before it is made or after; the counter of those boundaries."""
    boundaries = itertools.count()

    def around(call):
        def called(*given, **named):
            if next(boundaries) == number:
                die()
            result = call(*given, **named)
            if next(boundaries) == number:
                die()
            return result

        return called

    for place, name in WRITING:
        if name in names:
            patch(place, name, around(getattr(place, name)))


class Gone(BaseException):
    """In place of SIGKILL: nobody catches it, but `finally` still runs."""


def gone() -> None:
    raise Gone


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_killed_at(folder, number, names) -> None:
    dying_at(number, names, killed, setattr)
    run(folder)


def stopped_at(folder, number, names) -> bool:
    """Whether the run was ended at that boundary, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        dying_at(number, names, gone, patch.setattr)
        try:
            run(folder)
        except Gone:
            return True
    return False


def killed_at(folder, number, names) -> bool:
    """The same with a process of its own, and SIGKILL."""
    code = ended(child(run_killed_at, folder, number, names))
    assert code in (0, -signal.SIGKILL)
    return code != 0


EVERY_CALL = tuple(name for _, name in WRITING)


@pytest.mark.parametrize(
    ("end", "names"),
    [
        pytest.param(stopped_at, ("replace",), id="renaming"),
        pytest.param(killed_at, EVERY_CALL, id="SIGKILL, every call", marks=pytest.mark.slow),
    ],
)
def test_ended_at_any_boundary_of_writing_a_run_goes_on_to_the_same_end(tmp_path, whole, end, names):
    begun, was_ended = [], True
    for number in itertools.count():
        folder = tmp_path / str(number)
        was_ended = end(folder, number, names)
        (*numbers, after), said = resumed(folder)
        assert tuple(numbers) == whole, number
        assert all("is missing: the run was killed while it was replaced" in one for one in said)
        begun.append(after)
        if not was_ended:
            break
    assert set(begun) == {0, 2, 4} and begun == sorted(begun)  # the later the end, the more there is
    assert len(begun) > 2 * 2 * 3 * len(names) - 4  # two checkpoints of three files, before and after each call


LONGER = replace(SHORT, steps=60, checkpoint_every=3)


def run_longer(folder, ready) -> None:
    ready.set()
    run(folder, LONGER)


def seconds_of(folder) -> float:
    """How long the whole run takes in a child, as its files say."""
    ready = CHILDREN.Event()
    process = child(run_longer, folder, ready)
    ready.wait(120)
    begun = os.times().elapsed
    assert ended(process) == 0
    return os.times().elapsed - begun


@pytest.mark.slow
def test_killed_at_twenty_random_moments_a_run_goes_on_to_the_same_end(tmp_path):
    expected = run(None, LONGER)[:2]
    moments = np.random.default_rng(0)
    longest, kills, folder = seconds_of(tmp_path / "whole"), 0, tmp_path / "0"
    while kills < 20:
        ready = CHILDREN.Event()
        process = child(run_longer, folder, ready)
        ready.wait(120)
        process.join(moments.uniform(0, longest))
        if process.exitcode is None:
            process.kill()
            kills += 1
        if ended(process) == 0 or kills == 20:
            (*numbers, _), _ = resumed(folder, LONGER)
            assert tuple(numbers) == expected, kills
            folder = tmp_path / str(kills)


# -------------------------------------------------------------------------------------------------------- interrupted


@pytest.fixture
def heeds_ctrl_c():
    """As in a terminal: what a shell starts in the background is told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_ctrl_c")
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_in_the_middle_of_a_step_ends_after_it_and_a_second_one_at_once(tmp_path, whole, times):
    """The critic is asked twice in each of its steps and once in the generator's: call 8 + 3 is in the third step."""
    calls = itertools.count(1)

    def press():
        if next(calls) == 3 + 2 * 3 + 1:  # three calls try it before the first step
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)  # to this thread, so that two do not become one

    stopped = contextlib.nullcontext() if times == 1 else pytest.raises(KeyboardInterrupt)
    before = signal.getsignal(signal.SIGINT)
    with stopped:
        run(tmp_path, on_critic=press)
    assert signal.getsignal(signal.SIGINT) is before
    (*numbers, after), said = resumed(tmp_path)
    assert tuple(numbers) == whole and said == []
    assert after == (3 if times == 1 else 2)


def test_a_weight_that_is_not_a_number_ends_the_run_and_the_checkpoint_before_it_goes_on(tmp_path, whole):
    def spoil(state):
        if state.step == 3:
            next(state.critic.parameters()).data[0] = float("nan")

    with pytest.raises(TrainingDiverged, match="first at step 4 of 4"):
        run(tmp_path, callbacks=[spoil])
    (*numbers, after), said = resumed(tmp_path)
    assert tuple(numbers) == whole and after == 2 and said == []


# -------------------------------------------------------------------------------------------- no room, no permission


def test_a_full_disk_ends_the_run_with_its_reason_and_the_checkpoint_before_stands(tmp_path, whole):
    """A limit on the size of files stands for a full disk: the kernel itself refuses the bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(state):
        if state.step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))

    try:
        with pytest.raises(OSError, match="os error 27|code: 27") as refused:
            run(tmp_path, callbacks=[fill])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.value.filename == str(tmp_path)
    assert not list(tmp_path.glob(".partial-*"))
    (*numbers, after), said = resumed(tmp_path)
    assert tuple(numbers) == whole and after == 2 and said == []


def isolated(*mounts: str) -> list[str]:
    """A shell in which the folder $0 is mounted so, and what follows is run; skips where that is not allowed."""
    command = ["unshare", "--mount", "sh", "-c", " && ".join([*mounts, 'exec "$@"'])]
    with tempfile.TemporaryDirectory() as folder:
        try:
            allowed = subprocess.run([*command, folder, "true"], capture_output=True).returncode == 0
        except FileNotFoundError:
            allowed = False
    if not allowed:
        pytest.skip("no file system may be mounted here")
    return command


FILL = """
import sys, test_faults
from pathlib import Path
folder = Path(sys.argv[1])
def fill(state):
    if state.step == 3:
        try:
            (folder / "filling").write_bytes(bytes(2**22))
        except OSError:
            pass  # the disk is full now
try:
    test_faults.run(folder, callbacks=[fill])
except OSError as error:
    print(error.errno)
left = sorted(path.name for path in folder.iterdir())
(folder / "filling").unlink()
numbers = test_faults.run(folder)
print(left, numbers[2], numbers[:2] == test_faults.run()[:2])
"""


@pytest.mark.slow
def test_a_small_disk_that_fills_up_is_survived(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.path.dirname(__file__)])}
    done = subprocess.run(
        [*isolated('mount -t tmpfs -o size=300k none "$0"'), str(tmp_path), sys.executable, "-c", FILL, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
    )
    kept = ["filling", "generator.safetensors", "run.json", "state.safetensors"]
    assert done.stdout.splitlines() == ["28", f"{['.lock', *kept]} 2 True"], done.stderr


def test_a_folder_that_can_only_be_read_is_a_sentence_before_the_training(tmp_path):
    signals = tmp_path / "own.csv"
    rows = np.random.default_rng(0).normal(size=(40, 16))
    signals.write_text("\n".join(",".join(f"{value:.3f}" for value in row) for row in rows))
    closed = tmp_path / "closed"
    closed.mkdir()
    command = [sys.executable, "-m", "course_lib", "train", str(signals), "--out", str(closed / "run"), "--steps", "1"]
    if os.getuid() == 0:  # permission bits do not bind root
        command = [
            *isolated('mount --bind "$0" "$0"', 'mount -o remount,ro,bind "$0" "$0"'),
            str(closed),
            *command,
        ]
    closed.chmod(0o555)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    closed.chmod(0o755)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"error: {closed}: ") and ("can only be read" in last or "no permission" in last)
    assert list(closed.iterdir()) == []


# ------------------------------------------------------------------------------------------------ damaged, contested


def cut_short(whole: bytes) -> bytes:
    return whole[: int(0.9 * len(whole))]


def zeros_at_the_end(whole: bytes) -> bytes:
    """What a file system leaves after a loss of power: the length is right, and the last page was never written."""
    return whole[:-512] + bytes(512)


def one_bit(whole: bytes) -> bytes:
    return whole[:-900] + bytes([whole[-900] ^ 1]) + whole[-899:]


@pytest.mark.parametrize("damage", [cut_short, zeros_at_the_end, one_bit, lambda whole: b""])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before_and_says_so(tmp_path, whole, damage):
    def stop(state):
        if state.step == 3:
            raise KeyboardInterrupt

    run(tmp_path, callbacks=[stop])
    newest, before = tmp_path / "state.safetensors", tmp_path / "state.before.safetensors"
    newest.write_bytes(damage(newest.read_bytes()))
    kept = before.read_bytes()
    (*numbers, after), said = resumed(tmp_path)
    assert tuple(numbers) == whole and after == 2
    assert len(said) == 1 and "is damaged, so this run goes on from the checkpoint before it, of step 2" in said[0]
    assert before.read_bytes() == kept  # the damaged one was replaced, and not what was whole
    assert len(checkpoints.read_tensors(newest)[0]["history"]) == 4


def test_where_both_checkpoints_are_damaged_nothing_is_begun_over_them(tmp_path):
    run(tmp_path)
    for path in tmp_path.glob("state*.safetensors"):
        path.write_bytes(cut_short(path.read_bytes()))
    with pytest.raises(ValueError, match=r"state.before.safetensors .*is not a whole checkpoint"):
        run(tmp_path)


def test_the_manifest_beside_a_checkpoint_begins_with_what_a_person_asks_first(tmp_path):
    run(tmp_path)
    text = (tmp_path / "run.json").read_text()
    head = " ".join(text.splitlines()[:16])
    assert (
        '"step": 4,' in head and '"of": 4,' in head and '"threads": 1' in head and f'"{torch.__version__[:4]}' in head
    )
    assert '"state.safetensors": "to go on from, step 4"' in head and '"state.before.safetensors"' in head


def run_beside(folder, gate, answers) -> None:
    gate.wait()
    try:
        run(folder, callbacks=[lambda state: gate.wait(60) if state.step == 2 else None])
        answers.put("done")
    except ValueError as error:
        answers.put(str(error))
        gate.wait(60)


def test_of_two_runs_in_one_folder_one_is_refused_and_the_other_is_whole(tmp_path, whole):
    gate, answers = CHILDREN.Barrier(2), CHILDREN.Queue()
    both = [child(run_beside, tmp_path, gate, answers) for _ in range(2)]
    heard = sorted((answers.get(timeout=120) for _ in both), key=len)
    assert [ended(process) for process in both] == [0, 0]
    assert heard[0] == "done" and "is in use by process" in heard[1]
    (*numbers, after), said = resumed(tmp_path)
    assert tuple(numbers) == whole and after == 4 and said == []


def test_what_a_killed_process_left_half_written_goes_when_it_is_old(tmp_path):
    old, new = tmp_path / ".partial-old", tmp_path / ".partial-new"
    for path in (old, new):
        path.write_text("half")
    os.utime(old, (0, 0))
    run(tmp_path)
    assert not old.exists() and new.exists()
