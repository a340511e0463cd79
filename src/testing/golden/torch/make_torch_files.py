"""Small files written by torch.save, and what must be read from them: python make_torch_files.py (needs torch)."""

import json
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent


class Malicious:
    """Unpickling this calls a function: a reader must refuse it by name and call nothing."""

    def __reduce__(self):
        return (print, ("executed",))


def main() -> None:
    torch.manual_seed(1)
    matrix = torch.arange(-6, 6).reshape(3, 4) / 8
    shared = torch.randn(6)
    state = {
        "f32": matrix.float(),
        "f16": matrix.half(),
        "bf16": matrix.bfloat16(),
        "f64": matrix.double() / 3,
        "i64": torch.arange(5),
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "transposed": matrix.float().T,
        "sliced": matrix.float()[1:, ::2],
        "expanded": torch.tensor([1.0, 2.0]).expand(3, 2),
        "shared.all": shared,
        "shared.part": shared[2:5],
        "parameter": torch.nn.Parameter(matrix.float()),
    }
    module = torch.nn.Sequential(torch.nn.Linear(2, 3))
    torch.save(state, HERE / "state.pth")
    torch.save({"model_state_dict": module.state_dict(), "iteration": 7, "lr": 0.5}, HERE / "nested.pth")
    torch.save({"weight": torch.ones(1), "extra": Malicious()}, HERE / "malicious.pth")
    torch.save(module, HERE / "module.pth")
    torch.save({"weight": torch.ones(1)}, HERE / "legacy.pth", _use_new_zipfile_serialization=False)
    expected = {name: {"shape": list(tensor.shape), "values": tensor.double().flatten().tolist()} for name, tensor in state.items()}
    expected["nested"] = {name: tensor.flatten().tolist() for name, tensor in module.state_dict().items()}
    (HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
