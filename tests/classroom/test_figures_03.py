"""Figures of training's motion: what is drawn is the game's own field, path and eigenvalues."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.classroom.figures import notebook_03 as figures
from course_lib.dirac import METHODS, DiracGAN

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def lines(ax):
    return [np.array(line.get_data()).T for line in ax.get_lines()]


def arrows(ax):
    (quiver,) = [c for c in ax.collections if hasattr(c, "U")]
    return np.stack([quiver.X, quiver.Y], axis=1), np.stack([quiver.U, quiver.V], axis=1)


@pytest.mark.parametrize("method", METHODS)
def test_the_arrows_are_the_directions_of_the_field(method):
    game = DiracGAN(method)
    places, directions = arrows(figures.plot_phase_portrait(game, limit=1.5))
    assert abs(places).max() == 1.5
    for place, direction in zip(places, directions, strict=True):
        slope = np.array([float(part) for part in game.field(*place)])
        length = np.linalg.norm(slope)
        np.testing.assert_allclose(direction, slope / length if length else slope, atol=1e-12)


def test_a_field_that_is_given_is_drawn_in_place_of_the_games_own():
    places, directions = arrows(figures.plot_phase_portrait(DiracGAN(), field=lambda theta, psi: (-theta, -2 * psi)))
    right = -places * [1, 2]
    length = np.hypot(*right.T)[:, None]
    np.testing.assert_allclose(directions, np.divide(right, length, where=length > 0, out=0 * right), atol=1e-12)


@pytest.mark.parametrize(
    ("theta", "psi", "moves"), [(1.0, 0.45, (1, -1)), (1.0, -0.45, (-1, -1)), (-1.0, 0.45, (1, 1))]
)
def test_the_game_is_drawn_with_its_line_and_both_moves(theta, psi, moves):
    # theta climbs the line; the line falls at a generated point on the right, and rises at one on the left
    (ax,) = figures.plot_dirac_game([(theta, psi)]).axes
    _, line, real, fake = lines(ax)
    np.testing.assert_allclose(line[:, 1], psi * line[:, 0])
    np.testing.assert_allclose([real[0], fake[0]], [[0, 0], [theta, 0]])
    along, at_the_end = (np.subtract(arrow.xy, arrow.xyann) for arrow in ax.texts)
    assert tuple(np.sign([along[0], at_the_end[1]])) == moves
    assert along[1] == at_the_end[0] == 0


def test_the_game_has_a_panel_a_state():
    assert len(figures.plot_dirac_game([(1.0, 0.5), (0.5, -1.0), (-1.0, 0.2)]).axes) == 3


def test_a_path_is_drawn_from_its_dot_and_the_goal_is_marked():
    path = DiracGAN("r1").path((1, 1), 30, 0.2)
    ax = figures.plot_phase_portrait(DiracGAN("r1"), {"a": path})
    drawn, start, goal = lines(ax)
    np.testing.assert_array_equal(drawn, path)
    np.testing.assert_array_equal(start, [[1, 1]])
    np.testing.assert_array_equal(goal, [[0, 0]])
    assert "theta" in ax.get_xlabel() and "psi" in ax.get_ylabel() and ax.get_aspect() == 1
    assert ax.get_legend() is None


def test_several_paths_differ_in_colour_and_dash_and_are_named():
    game = DiracGAN("minimax")
    paths = {name: game.path((1, 0), 5, 0.1, alternating=name == "b") for name in "ab"}
    ax = figures.plot_phase_portrait(game, paths)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    a, _, b, _, _ = ax.get_lines()
    assert a.get_color() != b.get_color() and a.get_linestyle() != b.get_linestyle()


def test_the_clip_is_drawn_where_there_is_one():
    ax = figures.plot_phase_portrait(DiracGAN("wgan_clip", clip=0.25))
    assert sorted(line[0, 1] for line in lines(ax)[:2]) == [-0.25, 0.25]


def test_seven_portraits_stand_in_two_rows_on_one_scale():
    games = {method: DiracGAN(method) for method in METHODS}
    paths = {name: game.path((0.5, 0.4), 3, 0.1) for name, game in games.items()}
    figure = figures.plot_portraits(games, paths, limit=1.2)
    shown = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title() for ax in shown] == list(METHODS)
    assert {ax.get_xlim() for ax in shown} == {(-1.2, 1.2)}
    for ax, path in zip(shown, paths.values(), strict=True):
        assert any(line.shape == path.shape and (line == path).all() for line in lines(ax))


@pytest.mark.parametrize("many", [0, 9])
def test_too_many_portraits_are_refused(many):
    with pytest.raises(ValueError, match=f"1 to 8 games, got {many}"):
        figures.plot_portraits({str(i): DiracGAN() for i in range(many)}, {})


def test_a_press_is_ten_alternating_steps():
    start, size = (1.0, -0.5), 0.15
    for presses in (0, 1, 4):
        left, right = figures.plot_dirac_steps("instance_noise", *start, size, presses).axes
        path = DiracGAN("instance_noise").path(start, 10 * presses, size)
        assert any(line.shape == path.shape and (line == path).all() for line in lines(left))
        np.testing.assert_allclose(lines(right)[0], np.c_[np.arange(10 * presses + 1), np.hypot(*path.T)])
        assert right.get_title(loc="left") == f"after {10 * presses} steps: {np.hypot(*path[-1]):.3f}"


def test_the_step_figure_keeps_its_axes_whatever_the_method_and_start():
    limits = set()
    for method in METHODS:
        for start in ((1.5, 1.5), (-1.5, 0.0), (0.0, 0.0)):
            for ax in figures.plot_dirac_steps(method, *start, 0.1, 5).axes:
                limits.add((ax.get_xlim(), ax.get_ylim()))
            plt.close("all")
    assert limits == {((-2.2, 2.2), (-2.2, 2.2)), ((0.0, 100.0), (0.0, 3.2))}


def test_eigenvalues_are_points_of_the_plane_and_the_disc_of_a_step_touches_the_axis():
    pairs = {name: DiracGAN(name).eigenvalues() for name in ("r1", "minimax")}
    ax = figures.plot_eigenvalues(pairs, size=0.5)
    axis, disc, r1, minimax = lines(ax)
    np.testing.assert_allclose(r1, [[-0.3, 0.4], [-0.3, -0.4]])
    np.testing.assert_allclose(minimax, [[0, 0.5], [0, -0.5]])
    np.testing.assert_allclose(abs(1 + 0.5 * (disc[:, 0] + 1j * disc[:, 1])), 1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["steps of 0.5", "r1", "minimax"]
    assert len(lines(figures.plot_eigenvalues(pairs))) == 3
