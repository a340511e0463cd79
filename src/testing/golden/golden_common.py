"""Shared by all golden cases: cutting into segments, drawing parameters, and writing files."""

import json
import math
import struct
from pathlib import Path

import numpy as np
import safetensors
import torch

STEPS = 10  # of every optimiser run
CODES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
NORMS = ("LayerNorm.weight", "layer_norm.weight", "ln_1.weight", "ln_2.weight", "ln_f.weight")


def cut(length: int, size: int, alignment: str) -> list[tuple[int, int]]:
    """The start and end of each segment of a sequence."""
    count = math.ceil(length / size)
    if alignment == "right":
        borders = [max(0, length - k * size) for k in range(count, 0, -1)]
    elif alignment == "left":
        borders = list(range(0, length, size))
    else:
        borders = list(range(0, length, math.ceil(length / count)))
    return list(zip(borders, [*borders[1:], length]))


def draw_parameters(parameters: dict[str, torch.Tensor], random: np.random.Generator) -> None:
    """Sets every parameter, in the given order, to f32 values stored as f64; none remains trivial."""
    for key, parameter in parameters.items():
        noise = random.standard_normal(tuple(parameter.shape))
        if key.endswith(NORMS):
            values = 1 + 0.1 * noise
        elif parameter.dim() == 1:
            values = 0.1 * noise
        elif key == "rmt.memory":
            values = 0.5 * noise
        else:
            values = 0.2 * noise
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))


def as_f32(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().numpy().astype(np.float32)


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value) + "\n")


def write_safetensors(path: Path, tensors: dict, metadata: dict[str, str]) -> None:
    """Writes tensors and metadata in the given order. The library's writer orders metadata differently, possibly from run to
    run; the library is only used to read the file back and check it."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for key, value in tensors.items():
        tensor = torch.as_tensor(value).contiguous()
        raw = tensor.view(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        code = CODES[str(tensor.dtype).removeprefix("torch.")]
        header[key] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(raw)]}
        chunks.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata() == metadata and set(file.keys()) == set(tensors), path
        for key, value in tensors.items():
            read, value = file.get_tensor(key), torch.as_tensor(value)
            assert read.dtype == value.dtype and read.shape == value.shape, (path, key)
            assert torch.equal(read, value) and torch.isfinite(read).all(), (path, key)
