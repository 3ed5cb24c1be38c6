"""The mutants of the published solutions that are right answers too, each with the reason.

A reason says why the two compute the same for every input of the exercise. A change that the judge's inputs merely do
not tell apart is no equivalent: it stands in survivors.json until the judge is mended.
"""

SYMMETRIC = "a distance, or an absolute value: the same both ways round"
SQUARED = "squared afterwards: the sign of the difference is gone"
ONLY_A_WARNING = "the same number; NumPy prints a warning at log 0"
SAME_SHAPE = "real and fake samples have one shape"
SHORT_RUN = "how a tenth of fewer than twenty steps is rounded is not said"
ONE_RESULT = "a tuple of one: its first is its last"
ANY_CHANGE = "any change of the sample will do; only whether the others' scores move is looked at"
TOLERANCE = "another tolerance of the same order: scores that do not mix are equal to the last digit"
ONE_NUMBER = "an array or tensor that holds the one number"
ANY_POINTS = "the points handed in carry no graph: only whether they are marked differs"
ANY_NEGATIVE = "NumPy works out the length that is given as a negative number, whichever"
ON_NO_TIE = "differs only where a floating-point number meets the threshold exactly"
FIRST_AGAIN = "the average starts as the first weights, and averaging them in once more leaves it there"

EQUIVALENT: dict[str, dict[str, str]] = {
    "loss_from_logits": {
        "line 2: return (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean())[None]": ONE_NUMBER,
    },
    "vanishing": {
        "line 2: if special.expit(logit) <= 0.01:": ON_NO_TIE,
        "line 4: if special.expit(-logit) <= 0.01:": ON_NO_TIE,
    },
    "alternating_step": {
        "line 11: return (loss_d, loss_g.item())": ONE_NUMBER,
        "line 11: return (loss_d.item(), loss_g)": ONE_NUMBER,
        "line 2: for real, noise in zip(reals, noises):": "zip ends with the shorter list, which is reals",
        "line 2: for real, noise in zip(reals, noises[:]):": "zip ends with the shorter list, which is reals",
        "line 3: loss_d = losses.discriminator_loss(D(real), D(G(noise)))": "G's slopes are set to 0 before they count",
        "line 4: D.zero_grad()": "the optimiser up holds D's parameters and no others",
        "line 8: G.zero_grad()": "the optimiser down holds G's parameters and no others",
    },
    "kl_with_zeros": {
        "line 3: `with np.errstate(divide='ignore'):` gone, its body kept": ONLY_A_WARNING,
        "line 3: with np.errstate():": ONLY_A_WARNING,
    },
    "kl_by_sampling": {
        "line 4: return (ratios.mean(), ratios.std() / np.sqrt(n))": "n or n - 1 below the squares: both are in use",
        "line 4: return (ratios.mean(), ratios.std(ddof=0) / np.sqrt(n))": "n or n - 1: both are in use",
    },
    "nested_blocks": {"line 5: return ((of_p + of_q) / 2)[None]": ONE_NUMBER},
    "count_modes": {
        "line 2: close = torch.cdist(samples, centers) < 3 * std": ON_NO_TIE,
        "line 3: return close.any(dim=0).sum()": "the same count, as a tensor that holds one number",
    },
    "unrolled_slope": {
        "line 2: theta = torch.tensor(theta, requires_grad=True)": "the same slope, to a float32's precision",
        "line 6: return torch.autograd.grad(loss, theta)[0]": "the same number, as a tensor that holds it",
        "line 6: return torch.autograd.grad(loss, theta)[-1].item()": ONE_RESULT,
    },
    "line_distance": {
        "line 5: return (np.abs(F - G) * np.diff(places)).sum()[None]": ONE_NUMBER,
        "line 1: def line_distance(y, x):": SYMMETRIC,
        "line 5: return (np.abs(G - F) * np.diff(places)).sum()": SYMMETRIC,
    },
    "best_prices": {"line 2: return (np.abs(y - x[:, None]) - psi).min(axis=1)": SYMMETRIC},
    "gaussian_distance": {
        "line 2: return np.sqrt((m1 - m2) ** 2 + (s1 - s2) ** 2)[None]": ONE_NUMBER,
        "line 1: def gaussian_distance(m2, s1, m1, s2):": SQUARED,
        "line 1: def gaussian_distance(m1, s2, m2, s1):": SQUARED,
        "line 2: return np.sqrt((m2 - m1) ** 2 + (s1 - s2) ** 2)": SQUARED,
        "line 2: return np.sqrt((m1 - m2) ** 2 + (s2 - s1) ** 2)": SQUARED,
    },
    "group_sort": {
        "line 2: pairs = features.reshape(-1, len(features), 2)": "the same pairs of neighbours, laid out otherwise",
        "line 3: return pairs.sort().values.reshape(features.shape)": "dim=2 is the last axis, the default",
    },
    "clipped_step": {
        "line 1: def clipped_step(weights, rate, gradients, limit):": "rate and gradients are only multiplied",
        "line 2: return (weights - rate * gradients).clamp(-limit, limit).detach()": "no derivative is asked for",
    },
    "linear_reach": {
        "line 2: return (clip * np.abs(real.mean(axis=0) - fake.mean(axis=0)).sum())[None]": ONE_NUMBER,
        "line 1: def linear_reach_exact(fake, real, clip):": SYMMETRIC,
        "line 2: return clip * np.abs(fake.mean(axis=0) - real.mean(axis=0)).sum()": SYMMETRIC,
    },
    "mix_pairs": {"line 2: weights = weights.view(-1, *[1] * (fake.ndim - 1))": SAME_SHAPE},
    "what_the_critic_minimises": {
        "line 2: mixed = mixed.clone().requires_grad_(True)": ANY_POINTS,
        "line 5: return (critic(fake).mean() - critic(real).mean() + weight * penalty)[None]": ONE_NUMBER,
        "line 2: mixed = mixed.detach().requires_grad_(True).clone()": "a copy of a leaf, on its graph",
        "line 2: mixed = mixed.detach().requires_grad_(True)": "detach() makes a new tensor already",
        "line 2: mixed = mixed.clone().detach().requires_grad_(True)": "detached and copied in the other order",
        "line 3: gradients = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[-1]": ONE_RESULT,
        "line 4: penalty = (1 - gradients.flatten(1).norm(dim=1)).square().mean()": SQUARED,
    },
    "scores_mix_samples": {
        "line 4: changed[k] = changed[k] - torch.randn_like(changed[k])": ANY_CHANGE,
        "line 4: changed[k] = changed[k] * torch.randn_like(changed[k])": ANY_CHANGE,
        "line 4: changed[k] = torch.randn_like(changed[k])": ANY_CHANGE,
        "line 4: changed[k] = changed[k] + torch.rand_like(changed[k])": ANY_CHANGE,
        "line 4: changed[k] = changed[k] + changed[k]": ANY_CHANGE,
        "line 5: `with torch.no_grad():` gone, its body kept": "no derivative is asked for",
        "line 6: same = torch.isclose(critic(samples), critic(changed), rtol=1e-06, atol=0)": SYMMETRIC,
        "line 6: same = torch.isclose(critic(changed), critic(samples), atol=0)": TOLERANCE,
        "line 6: same = torch.isclose(critic(changed), critic(samples), rtol=1e-06)": TOLERANCE,
        "line 6: same = torch.isclose(critic(changed), critic(samples), rtol=2e-06, atol=0)": TOLERANCE,
        "line 6: same = torch.isclose(critic(changed), critic(samples), rtol=0, atol=0)": TOLERANCE,
    },
    "band_power": {
        "line 6: return power[(frequency >= low) & (frequency <= high)].sum()[None]": ONE_NUMBER,
    },
    "flag_outliers": {
        "line 2: away = np.abs(np.median(x) - x)": SYMMETRIC,
        "line 3: return away >= 3 * 1.4826 * np.median(away)": ON_NO_TIE,
    },
    "memory_ratio": {
        "line 3: distances = cdist(signals.reshape(len(signals), -1), train.reshape(len(train), -2))": ANY_NEGATIVE,
        "line 3: distances = cdist(signals.reshape(len(signals), -2), train.reshape(len(train), -1))": ANY_NEGATIVE,
        "line 4: return np.median(distances.min(axis=1))[None]": ONE_NUMBER,
        "line 6: return (nearest(fake) / nearest(test))[None]": ONE_NUMBER,
        "line 4: return -np.median(distances.min(axis=1))": "cancels in the ratio",
        "line 4: return 2 * np.median(distances.min(axis=1))": "cancels in the ratio",
    },
    "transposed_length": {
        "line 1: def transposed_length(length, output_padding, stride, padding, kernel):": "the two are only added",
    },
    "penalty_of_slopes": {
        "line 2: return (1 - slopes.flatten(1).norm(dim=1)).square().mean()": SQUARED,
        "line 2: return (slopes.flatten(1).norm(dim=1) - 1).square().mean()[None]": ONE_NUMBER,
    },
    "read_history": {
        "line 4: end = history.tail(max(2, len(history) // 10))": SHORT_RUN,
        "line 5: if end['gradient_norm'].mean() >= 2:": ON_NO_TIE,
        "line 7: if end['wasserstein'].mean() <= 0:": ON_NO_TIE,
        "line 4: end = history.tail(max(len(history) // 10, 1))": "the larger of two numbers",
        "line 7: if end['wasserstein'].sum() < 0:": "a sum has the sign of its mean",
    },
    "share_of_copies": {
        "line 2: return np.mean(of_fake < np.percentile(of_test, 5))[None]": ONE_NUMBER,
        "line 2: return np.mean(of_fake <= np.percentile(of_test, 5))": ON_NO_TIE,
    },
    "coverage": {
        "line 2: radius = np.sort(cdist(real, real))[:, k]": "axis=1 is the last one, the default",
        "line 3: return np.mean(cdist(real, fake).min(axis=1) <= radius)[None]": ONE_NUMBER,
        "line 3: return np.mean(cdist(real, fake).min(axis=1) < radius)": ON_NO_TIE,
    },
    "fourier_surrogate": {
        "line 3: phases = random.uniform(0, 4 * np.pi, len(spectrum))": "the whole circle, twice round",
        "line 5: if len(signal) % -2 == 0:": "whether it is even",
        "line 7: return np.fft.irfft(spectrum / np.exp(1j * phases), n=len(signal))": "opposite phases, as even",
    },
    "electrode_penalty": {
        "line 2: points = points.requires_grad_(True)": ANY_POINTS,
        "line 4: return ((1 - slopes.flatten(1).norm(2, dim=1)) ** 2).mean()": SQUARED,
        "line 4: return ((slopes.flatten(1).norm(2, dim=1) - 1) ** 2).mean()[None]": ONE_NUMBER,
    },
    "whole_critic_loss": {
        "line 3: return (difference + weight * penalties.gradient_penalty(critic, real, fake))[None]": ONE_NUMBER,
    },
    "slope_of_each": {"line 2: points = points.requires_grad_(True)": ANY_POINTS},
    "penalty_for_a_batch": {
        "line 1: def penalty_for_a_batch(critic, fake, real, generator):": "weight and 1 - weight have one law",
        "line 2: weight = torch.rand(len(fake), generator=generator).view(-1, *[1] * (real.ndim - 1))": SAME_SHAPE,
        "line 2: weight = torch.rand(len(real), generator=generator).view(-1, *[1] * (fake.ndim - 1))": SAME_SHAPE,
        "line 3: mixtures = (weight * real + (1 - weight) * fake).requires_grad_(True)": ANY_POINTS,
        "line 5: return ((1 - slopes.flatten(1).norm(2, dim=1)) ** 2).mean()": SQUARED,
        "line 5: return ((slopes.flatten(1).norm(2, dim=1) - 1) ** 2).mean()[None]": ONE_NUMBER,
    },
    "mix_any_shape": {"line 2: weights = weights.view(-1, *[1] * (fake.ndim - 1))": SAME_SHAPE},
    "norms_without_nan": {
        "line 2: return (slopes.square().flatten(1).sum(dim=1) + 1e-12).sqrt()": "the same squares, flattened later",
        "line 2: return (slopes.flatten(1).square().sum(dim=1) + 2e-12).sqrt()": "any number this small will do",
    },
    "clipped_update": {"line 2: critic.zero_grad()": "the optimiser holds all of the critic's parameters"},
    "modes_on_a_ring": {
        "line 2: angles = -2 * math.pi * torch.arange(modes) / modes": "the same points, counted the other way round",
    },
    "critics_lesson": {"line 3: return (critic(fake).mean() - critic(real).mean())[None]": ONE_NUMBER},
    "hidden_units": {"line 2: return max(channels // 2, 1)": "the larger of two numbers"},
    "time_to_quality": {
        "line 4: return seconds[first] if first < len(seconds) else np.inf": "there are as many seconds as scores",
    },
    "averaged": {
        "line 3: for weight in weights:": FIRST_AGAIN,
        "line 3: for weight in weights[0:]:": FIRST_AGAIN,
        "line 3: for weight in weights[:]:": FIRST_AGAIN,
    },
    "hold_out_groups": {"line 3: n = max(round(share * len(persons)), 1)": "the larger of two numbers"},
    "steps_that_fit": {"line 3: return max(int(margin * left / step_seconds), 0)": "the larger of two numbers"},
    "best_constant": {
        "line 3: weight = np.cumsum(2 / ordered)": "twice all weights: the half of their sum lies at the same value",
        "line 4: return ordered[np.searchsorted(weight, weight[-1] / 2)][None]": ONE_NUMBER,
    },
    "past_outliers": {
        "line 2: found = np.zeros(len(values))": "a mask of 0 and 1",
        "line 5: found[t] = abs(before.mean() - values[t]) > 3 * before.std()": SYMMETRIC,
    },
    "known_smooth": {
        "line 3: return [smooth(values[t - width:t])[-1] for t in ends]": "a list of the same numbers",
    },
    "largest_step": {
        "line 2: if eigenvalue.real > 0:": "where the real part is 0 the formula gives 0 as well",
    },
    "spread_across": {
        "line 2: return signals.var(dim=0).mean()[None]": ONE_NUMBER,
    },
}
