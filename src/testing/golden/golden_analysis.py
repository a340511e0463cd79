"""Reference solutions of the analysis of memories: PCA, singular values and multinomial logistic regression in f64.

    golden_analysis.py [FOLDER]    (default: this folder) writes analysis.json

The data follow from a formula that the test repeats, so that only results are stored. PCA and singular values are those of
torch.linalg; the regression is solved by Newton's method, with the Hessian of torch.func, until its gradient vanishes.
"""

import json
import sys
from pathlib import Path

import torch
from golden_common import write_json

torch.set_default_dtype(torch.float64)


def vectors(n: int, d: int, classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """n vectors of d numbers, and their classes, which shift the first numbers."""
    i = torch.arange(n).unsqueeze(1)
    j = torch.arange(d).unsqueeze(0)
    labels = (torch.arange(n) * 7) % classes
    wave = torch.sin(0.7 * (i + 1) * (j + 1)) / (1 + 0.1 * j)
    return wave + 0.8 * ((labels.unsqueeze(1) % classes) == j), labels


def principal(x: torch.Tensor, count: int) -> dict:
    centred = x - x.mean(0)
    _, s, v = torch.linalg.svd(centred, full_matrices=False)
    axes = v[:count]
    signs = torch.sign(axes.gather(1, axes.abs().argmax(1, keepdim=True)))
    return {"axes": (axes * signs).tolist(), "explained": (s[:count] ** 2 / (s**2).sum()).tolist()}


def logistic(x: torch.Tensor, labels: torch.Tensor, classes: int, penalty: float) -> dict:
    n, d = x.shape

    def objective(flat: torch.Tensor) -> torch.Tensor:
        weights, bias = flat[: classes * d].reshape(classes, d), flat[classes * d :]
        loss = torch.nn.functional.cross_entropy(x @ weights.T + bias, labels)
        return loss + penalty / 2 * (weights**2).sum()

    at = torch.zeros(classes * d + classes)
    for _ in range(100):
        gradient = torch.func.grad(objective)(at)
        if gradient.norm() < 1e-13:
            break
        # The bias is free up to a constant: the least-norm step does not move along it.
        step = torch.linalg.lstsq(torch.func.hessian(objective)(at), -gradient, driver="gelsd").solution
        share = 1.0
        while objective(at + share * step) > objective(at) + 1e-4 * share * gradient @ step and share > 1e-6:
            share /= 2
        at = at + share * step
    assert torch.func.grad(objective)(at).norm() < 1e-12
    return {"weights": at[: classes * d].tolist(), "bias": at[classes * d :].tolist(), "objective": objective(at).item()}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    expected: dict = {"pca": [], "logistic": [], "singular": []}
    for n, d in [(40, 12), (12, 40), (9, 9)]:
        x, _ = vectors(n, d, 3)
        expected["pca"].append({"n": n, "d": d, **principal(x, 2)})
        expected["singular"].append({"rows": n, "columns": d, "values": torch.linalg.svdvals(x).tolist()})
    for n, d, classes, penalty in [(30, 8, 3, 0.1), (24, 40, 4, 0.01), (20, 6, 2, 1.0)]:
        x, labels = vectors(n, d, classes)
        sizes = {"n": n, "d": d, "classes": classes, "penalty": penalty}
        expected["logistic"].append({**sizes, **logistic(x, labels, classes, penalty)})
    write_json(folder / "analysis.json", expected)


if __name__ == "__main__":
    main()
