"""The names that readers rely on: those of the public surface, and every one that a notebook or the README uses.

The list is written out here. A call names the parameters that are settled, in order, and those behind the star by name
alone; more may follow them.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

from course_lib import __main__ as command_line
from tools.address import ROOT

SURFACE = """
course_lib.runtime
    start(seed, *, device, scale)
    Runtime.device Runtime.scale Runtime.pick(self, *, quick, full)
course_lib.data
    SignalDataset(values, labels, class_names)
    SignalDataset.split(self, fraction, *, seed) SignalDataset.select(self, classes)
    SignalDataset.__len__ SignalDataset.n_classes SignalDataset.length SignalDataset.channels
    simulate_signs(n_classes, per_class, length, *, channels, seed)
    load_signals(path, *, length, label, layout, missing) preview_signals(path, *, length, label, layout, missing)
    load_auslan(folder_or_archive, *, channels, length)
    Invariants.found_in(dataset) Invariants.impose(self, values)
    download_auslan(folder)
    ring(modes, radius, std) grid(side, spacing, std) swiss_roll(noise)
    Mixture.sample(self, n, generator) Mixture.centers Mixture.std SwissRoll.sample(self, n, generator)
    Scaler.fit(dataset) Scaler.transform Scaler.inverse
    load_digits() load_mnist(path, *, part) ImageDataset(values, labels, class_names)
    ImageDataset.flattened(self) ImageDataset.unflattened(self, rows)
course_lib.models
    SignalGenerator(length, channels, latent_dim, dim, n_classes) SignalCritic(length, channels, dim, n_classes)
    SignalGenerator.forward(self, *, labels) SignalCritic.forward(self, *, labels)
    MLPGenerator(latent_dim, out_dim, width, depth) MLPCritic(in_dim, width, depth)
    FullyConnectedGenerator(size, channels, latent_dim, width, dropout) ConvDiscriminator(size, channels)
    DCGANGenerator(size, channels, latent_dim, dim, doubling) normal_weights_(model, std)
    DCGANDiscriminator(size, channels, dim, batch_norm, dropout)
course_lib.baselines
    Gaussian(covariance) Interpolation(neighbours) JitteredCopies(gain) FourierSurrogates()
    Gaussian.fit(self, dataset) Gaussian.sample(self, labels, *, seed)
    forge(dataset, labels, *, seed, invariants)
course_lib.losses
    discriminator_loss(real_logits, fake_logits, *, real_label)
    saturating_generator_loss(fake_logits) non_saturating_generator_loss(fake_logits)
    critic_loss(real_scores, fake_scores) wasserstein_generator_loss(fake_scores)
course_lib.penalties
    gradient_penalty(critic, real, fake, *, target, one_sided, generator, labels)
    zero_centered_penalty(critic, samples, *, labels) clip_weights_(critic, limit)
course_lib.divergences
    kl(p, q, *, dx) js(p, q, *, dx) gaussian_kl(mean_p, std_p, mean_q, std_q)
    optimal_discriminator(p, q) game_value(p, q, discriminator, *, dx)
course_lib.transport
    wasserstein_1d(x, y, *, order) wasserstein(x, y, *, order) sliced_wasserstein(x, y, *, projections, seed)
    transport_plan(cost, a, b) gaussian_w2(mean1, cov1, mean2, cov2)
course_lib.training
    TrainingConfig(*, objective, steps, batch_size, critic_steps, penalty_weight, clip, seed, checkpoint_every)
    SOURCE_RECIPE
    train(generator, critic, dataset, config, *, device, callbacks, checkpoint_dir, resume, invariants)
    sample(generator, n, *, labels, seed, batch_size)
    History.to_frame(self)
course_lib.checkpoints
    save_model(model, path, *, scaler, class_names, invariants) load_model(path)
    load_scaler(path) load_class_names(path) load_invariants(path)
course_lib.metrics
    mode_coverage(samples, centers, std)
    ModeCoverage.modes ModeCoverage.high_quality ModeCoverage.reverse_kl ModeCoverage.spread
    frechet_distance(x_features, y_features) maximum_mean_discrepancy(x, y)
    precision_recall(real, fake, *, k)
    PrecisionRecall.precision PrecisionRecall.recall PrecisionRecall.density PrecisionRecall.coverage
    roughness_ratio(real, fake) variance_ratio(real, fake)
    spectral_distance(real, fake) autocorrelation_distance(real, fake)
    nearest_neighbour_ratio(train, test, fake) discriminative_score(real, fake, *, seed)
    copied_share(train, test, fake) predictive_score(real, fake, *, seed)
    transfer_score(synthetic, real_train, real_test, *, seed)
    quality_report(train, test, fake, *, seed, labels, forgers)
    ImageJudge(train, *, seed, width) score_images(judge, held_out, fake, *, draws, seed)
    checkerboard_ratio(real, fake) few_label_accuracy(train, test, *, labels, per_class, draws, seed)
    verdict_of(report) Verdict.grade Verdict.reasons Verdict.sentence
"""

COMMANDS = {"show", "train", "generate", "evaluate", "fit"}


# --- the surface


def entries(text: str) -> list[tuple[str, str, str | None]]:
    """(module, name, its parameters or None where it is no call) of every name of a list like the ones above."""
    found, module = [], ""
    for line in text.strip().splitlines():
        if line.startswith(" "):
            found += [(module, match[1], match[2]) for match in re.finditer(r"([\w.]+)(?:\(([^)]*)\))?", line)]
        else:
            module = line.strip()
    return found


def look_up(dotted: str) -> object:
    """What a dotted name (package.module.Class.attribute) stands for; a field that only instances have counts too.

    Raises:
        AttributeError: if there is no such name.
    """
    found: object = importlib.import_module("course_lib")
    for part in dotted.split(".")[1:]:
        if part in [*getattr(found, "__annotations__", ()), *getattr(found, "_fields", ())]:
            found = part
        elif hasattr(found, "__path__") and not hasattr(found, part) and find_spec(f"{found.__name__}.{part}"):
            found = importlib.import_module(f"{found.__name__}.{part}")
        else:
            found = getattr(found, part)
    return found


def complaints(module: str, name: str, given: str | None) -> list[str]:
    """What differs between an entry and the library; [] if nothing does."""
    try:
        found = look_up(f"{module}.{name}")
    except AttributeError as error:
        return [f"{module}.{name} is not there: {error}"]
    if given is None:
        return []
    parameters = [p for p in inspect.signature(found).parameters.values()]
    placed = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    before, star, after = given.partition("*")
    wanted, named = re.findall(r"\w+", before), re.findall(r"\w+", after)
    said = []
    if placed[: len(wanted)] != wanted:
        said.append(f"{module}.{name} takes {placed}, and ({given}) is settled")
    if missing := set(named) - {p.name for p in parameters}:
        said.append(f"{module}.{name} has no {sorted(missing)}, and ({given}) is settled")
    return said


def test_every_name_of_the_public_surface_is_there_and_takes_what_is_settled():
    said = [line for entry in entries(SURFACE) for line in complaints(*entry)]
    assert not said, "\n".join(said)


def test_the_command_line_has_the_commands_that_are_settled():
    text = inspect.getsource(command_line)
    assert set(re.findall(r"add_parser\(\s*\"(\w+)\"", text)) == COMMANDS


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (("course_lib.losses", "critics_loss", None), "course_lib.losses.critics_loss is not there"),
        (("course_lib.loss", "critic_loss", None), "course_lib.loss.critic_loss is not there"),
        (("course_lib.losses", "critic_loss", "fake_scores, real_scores"), "and (fake_scores, real_scores) is settled"),
        (("course_lib.divergences", "kl", "p, q, *, dt"), "has no ['dt']"),
        (("course_lib.data", "Scaler.undo", None), "course_lib.data.Scaler.undo is not there"),
    ],
)
def test_a_name_or_a_parameter_that_is_not_there_is_reported(entry, said):
    assert said in complaints(*entry)[0]


# --- what notebooks and the README use

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def texts() -> dict[str, tuple[list[str], str]]:
    """The code (cells, and blocks in the text) and the text of every notebook and the README."""
    found = {}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found["README"] = (BLOCK.findall(readme), readme)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        found[path.stem] = ([*code, *BLOCK.findall(text)], text)
    return found


def trees(blocks: list[str]) -> list[ast.Module]:
    """The code of cells as syntax trees; what IPython alone reads is left out."""
    lines = ("\n".join(x for x in block.splitlines() if not x.lstrip().startswith(("%", "!"))) for block in blocks)
    return [ast.parse(text) for text in lines]


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(the name in the notebook, the dotted name that it stands for) of everything imported from course_lib."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "course_lib":
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            names = [alias for alias in node.names if alias.name.split(".")[0] == "course_lib"]
            yield from ((alias.asname or alias.name, alias.name) for alias in names)


def given_anew(tree: ast.AST) -> set[str]:
    """The names that the code itself gives to something: from there on they are no import's."""
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def used(blocks: list[str], text: str) -> Iterator[str]:
    """Every dotted name of course_lib that this code imports or takes from an import, or that this text mentions."""
    parsed = trees(blocks)
    aliases = dict(pair for tree in parsed for pair in imported(tree))
    yield from aliases.values()
    for tree in parsed:
        mine = aliases.keys() - given_anew(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in mine:
                yield f"{aliases[node.value.id]}.{node.attr}"
    yield from re.findall(r"\bcourse_lib(?:\.[A-Za-z_]\w*)+", text)


def unknown(blocks: list[str], text: str) -> list[str]:
    """Those of the names used that are not there."""
    said = []
    for dotted in used(blocks, text):
        try:
            look_up(dotted)
        except AttributeError:
            said.append(dotted)
    return said


@pytest.mark.parametrize("name", texts())
def test_every_name_of_the_library_that_a_notebook_or_the_readme_uses_exists(name):
    assert unknown(*texts()[name]) == []


def test_every_command_that_the_readme_gives_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"python -m course_lib (\w+)", text))
    assert used and used <= COMMANDS
    for module in set(re.findall(r"python -m ((?:tools|benchmarks)[\w.]*)", text)):
        assert (ROOT / Path(*module.split("."))).with_suffix(".py").exists(), module


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        ("from course_lib import plots\nplots.show(1)", "", []),
        ("from course_lib import plots\nplots.shew(1)", "", ["course_lib.plots.shew"]),
        ("from course_lib import plots as p\np.shew(1)", "", ["course_lib.plots.shew"]),
        ("from course_lib import plot", "", ["course_lib.plot"]),
        ("from course_lib.plot import show", "", ["course_lib.plot.show"]),
        ("from course_lib.losses import critics_loss", "", ["course_lib.losses.critics_loss"]),
        ("%time\nimport course_lib.losses as l\nl.nothing", "", ["course_lib.losses.nothing"]),
        ("from course_lib.data import Scaler\nScaler.fit(1)\nScaler.fitted", "", ["course_lib.data.Scaler.fitted"]),
        ("from course_lib import data\nfor data in []:\n    data.shape", "", []),
        ("", "`course_lib.plots.show` draws", []),
        ("", "`course_lib.plots.shew` draws", ["course_lib.plots.shew"]),
        ("", "`course_lib.plotting.show` draws", ["course_lib.plotting.show"]),
    ],
)
def test_a_name_that_is_not_there_is_found_and_one_that_is_there_is_not(code, text, said):
    assert unknown([code], text) == said
