"""The committed tables of the fair bench: floors of the measure, settings that the trials chose, no score too good."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import fair, fair_page
from benchmarks.tables import DATA

RUNS = pd.read_csv(DATA / fair.MODES, keep_default_na=False, na_values={"spread": ["nan"]})
TRIALS = pd.read_csv(DATA / fair.TUNING, keep_default_na=False)
TRAINED = RUNS[RUNS["method"] != fair.PERFECT]


@pytest.mark.parametrize(("place", "modes"), [("ring", 8), ("grid", 25)])
def test_the_measure_gives_the_distributions_themselves_what_the_closed_forms_say(place, modes):
    own = RUNS[(RUNS["method"] == fair.PERFECT) & (RUNS["distribution"] == place)]
    assert (own["modes"] == modes).all()
    points = 2500 * len(own)
    # 1 - exp(-9/2), within 4 standard errors; the KL of counts from even shares: (K - 1) / 2n
    assert own["high_quality"].mean() == pytest.approx(0.98889, abs=4 * (0.98889 * 0.01111 / points) ** 0.5)
    assert own["reverse_kl"].mean() == pytest.approx((modes - 1) / 5000, rel=0.3)
    assert own["spread"].mean() == pytest.approx(1, abs=0.01)


def test_every_row_is_of_the_setting_that_its_methods_trials_choose():
    for part in fair.REPORTING_PARTS:
        if part.rows["kind"] != "real":
            settings = RUNS.loc[RUNS["method"] == part.rows["method"], "setting"]
            assert set(settings) == {fair.chosen(part.settings.tuned)}, part.name


def test_the_control_of_unrolling_has_the_rate_that_its_trials_chose():
    recipe = fair.METHODS["Unrolled GAN"]
    config = fair.trials(recipe, fair.SECONDS["reporting"])[fair.chosen("Unrolled GAN")].config
    chosen = {"learning_rate": config.learning_rate, "critic_learning_rate": config.critic_learning_rate}
    assert chosen == fair.RATE_OF_UNROLLED


def test_a_run_that_did_not_diverge_is_judged_at_its_last_step():
    whole = TRAINED[TRAINED["failure"] == ""]
    for part in fair.REPORTING_PARTS:
        if part.rows["kind"] != "real":
            steps = part.settings.trials[fair.chosen(part.settings.tuned)].config.steps
            assert (whole.loc[whole["method"] == part.rows["method"], "steps"] == steps).all(), part.name


def test_a_share_above_a_perfect_samplers_is_of_modes_that_are_too_narrow():
    better = TRAINED[TRAINED["high_quality"] > 0.98889 + 3 * (0.98889 * 0.01111 / 2500) ** 0.5]
    assert (better["spread"] < 0.9).all()


def test_the_tables_for_the_docs_have_every_row_and_every_trial():
    table = fair_page.fair_table()
    assert list(table.index) == [part.rows["method"] for part in fair.REPORTING_PARTS]
    assert (table["seeds"] == [len(part.settings.seeds) for part in fair.REPORTING_PARTS]).all()
    assert len(fair_page.fair_tuning_table()) == 4 * len(fair.METHODS)
    assert TRIALS.groupby("method").size().eq(16).all()


def test_processor_seconds_are_those_of_the_frame_and_none_is_far_beyond_them():
    """A step was priced beside other work; where the machine was idler the runs were shorter."""
    longest = TRAINED.groupby("kind")["seconds"].max()
    assert (longest[["method", "control", "prior"]] < 1.5 * fair.SECONDS["reporting"]).all()
    assert longest["longer"] < 1.5 * fair.SECONDS["longer"]
    assert np.isfinite(TRAINED["seconds"]).all()
