"""The colours of the figures and of the report: contrast on white, and distance for eyes that lack a cone."""

import itertools
import re

import numpy as np
import pytest

from course_lib.plots.base import CYCLE, DASHES, PALETTE
from tools.address import ROOT

# Machado, Oliveira and Fernandes 2009, doi 10.1109/TVCG.2009.113, severity 1, on linear RGB.
LACKING = {
    "red cones (protanopia)": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green cones (deuteranopia)": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "blue cones (tritanopia)": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "none": np.eye(3),
}
TEXT, LARGE = 4.5, 3.0  # WCAG 2.2, criteria 1.4.3 (text; text of 24 px or bold 19 px) and 1.4.11 (lines)
APART = 15.0  # CIELAB 1976; 2.3 is a just noticeable difference between patches side by side
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    """Linear RGB of "#rgb" or "#rrggbb"."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    rgb = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(colour: str, ground: str = "#ffffff") -> float:
    light, dark = sorted((TO_XYZ[1] @ linear(c) for c in (colour, ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of linear RGB."""
    ratio = TO_XYZ @ rgb.clip(0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest_pair(colours: list[str], matrix: np.ndarray) -> tuple[float, tuple[str, str]]:
    seen = {colour: lab(np.array(matrix) @ linear(colour)) for colour in colours}
    return min((float(np.linalg.norm(seen[a] - seen[b])), (a, b)) for a, b in itertools.combinations(colours, 2))


def test_contrast_and_lightness_are_right_for_colours_known_by_hand():
    assert contrast("#000") == pytest.approx(21, abs=1e-9)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.005)  # the lightest grey that WCAG takes for text
    assert lab(linear("#fff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#f00")) == pytest.approx([53.2, 80.1, 67.2], abs=0.1)


@pytest.mark.parametrize("lacking", LACKING)
def test_no_two_colours_of_a_figure_are_taken_for_each_other_by_eyes_that_lack(lacking):
    distance, pair = nearest_pair([*CYCLE, PALETTE["grey"]], LACKING[lacking])
    assert distance >= APART, f"{pair} are {distance:.1f} apart"


def test_red_and_green_of_one_lightness_are_found_out():
    distance, _ = nearest_pair(["#b35900", "#6b8000"], LACKING["green cones (deuteranopia)"])
    plainly, _ = nearest_pair(["#b35900", "#6b8000"], LACKING["none"])
    assert distance < APART < plainly


def test_lines_of_the_palette_stand_out_from_white_and_the_grey_can_be_read():
    for name, colour in PALETTE.items():
        assert contrast(colour) >= LARGE, f"{name} has a contrast of {contrast(colour):.2f}"
    assert contrast(PALETTE["grey"]) >= TEXT


def test_curves_whose_colour_is_pale_or_lost_in_print_differ_by_their_dashes():
    assert len(set(map(str, DASHES))) == len(DASHES) >= len(CYCLE)


def test_the_reports_text_can_be_read_on_white():
    style = (ROOT / "course_lib" / "commands" / "page.py").read_text(encoding="utf-8")
    colours = re.findall(r"(?<![-\w])color: ?(#[0-9a-fA-F]{3,6})", style)
    assert colours
    for colour in colours:
        assert contrast(colour) >= TEXT, f"{colour} on white has a contrast of {contrast(colour):.2f}"
