"""Reference values computed by PyTorch and Hugging Face's BERT and GPT-2, for the encoder RMT and for its family.

    make_golden.py                          every listed case and the dtypes file, into this folder and `family`
    make_golden.py --case NAME --out DIR    one case: a listed one, or any other name for an ad-hoc one of `--model`
                                            (the options below replace single settings of either)

Every parameter is drawn, rounded to f32, and then widened to f64, in which everything is computed: the stored values differ
from the exact results by little more than the final rounding to f32.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import golden_encoder as encoder
import golden_family as family
import numpy as np
import torch
from golden_associative import MODELS
from golden_common import CODES, write_safetensors

HERE = Path(__file__).resolve().parent
FAMILY = "family"  # the folder of all cases except the encoder RMT's
ENCODER = "rmt-bert"


def write_dtypes(folder: Path) -> None:
    """Every stored type at the edges of its range, and the f32 values that a reader must return."""

    def bits(patterns: list[int], signed: type, dtype: torch.dtype) -> torch.Tensor:
        return torch.from_numpy(np.array(patterns).astype(np.uint64).astype(signed)).view(dtype)

    f16 = [
        0x0000, 0x8000, 0x3C00, 0xBC00, 0x3555, 0x4248,  # 0, -0, 1, -1, 1/3, 3.140625
        0x7BFF, 0xFBFF, 0x0400, 0x8400,  # largest, its negative, smallest normal, its negative
        0x03FF, 0x83FF, 0x0200, 0x0001, 0x8001,  # subnormals: largest to smallest
    ]
    bf16 = [
        0x0000, 0x8000, 0x3F80, 0xBF80, 0x3EAB, 0x4049,  # 0, -0, 1, -1, 1/3, 3.140625
        0x7F7F, 0xFF7F, 0x0080, 0x8080,
        0x007F, 0x807F, 0x0040, 0x0001, 0x8001,
    ]
    f32 = [
        0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x3EAAAAAB, 0x40490FDB,  # …, 1/3, pi
        0x7F7FFFFF, 0xFF7FFFFF, 0x00800000, 0x80800000,
        0x007FFFFF, 0x807FFFFF, 0x00400000, 0x00000001, 0x80000001,
        0x4B800001, 0x3F800001,  # 2**24 + 2, 1 + 2**-23
    ]
    tensors = {
        # 15 values of two bytes, so that the following F32 tensor does not start at a multiple of four
        "half.edges": bits(f16, np.int16, torch.float16),
        "single.edges": bits(f32, np.int32, torch.float32),
        "bfloat.edges": bits(bf16, np.int16, torch.bfloat16),
        "half.matrix": torch.arange(-6, 6).reshape(3, 4).to(torch.float16) / 8,
        "bfloat.matrix": torch.arange(-6, 6).reshape(2, 2, 3).to(torch.bfloat16) / 8,
        "single.matrix": torch.arange(-3, 3).reshape(2, 3).to(torch.float32) / 8,
        "half.scalar": torch.tensor(-2.5, dtype=torch.float16),
        "bfloat.scalar": torch.tensor(-2.5, dtype=torch.bfloat16),
        "single.scalar": torch.tensor(-2.5, dtype=torch.float32),
        "single.empty": torch.zeros(0, 3),
    }
    write_safetensors(folder / "dtypes.safetensors", tensors, {"format": "pt"})
    lines = []
    for key, tensor in tensors.items():
        entry = {
            "dtype": CODES[str(tensor.dtype).removeprefix("torch.")],
            "shape": list(tensor.shape),
            "values": tensor.to(torch.float32).reshape(-1).tolist(),  # the shortest decimals that parse to the f32
        }
        lines.append(f"{json.dumps(key)}: {json.dumps(entry, allow_nan=False)}")
    (folder / "dtypes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


# ---- command line ----


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def check(case, problem) -> None:
    """Reports invalid settings."""
    if case.hidden % case.heads and not (isinstance(case, family.Case) and case.model.endswith("xl")):
        problem(f"hidden {case.hidden} is not a multiple of heads {case.heads}")
    if case.segment_size < 1 or case.mem < 0:
        problem("the segment size must be at least 1, mem at least 0")
    if case.lengths is not None and min(case.lengths) < 1:
        problem("lengths must be at least 1")
    if isinstance(case, encoder.Case):
        if case.positions is not None and case.positions < case.width:
            problem(f"{case.positions} positions, but a segment has {case.width}")
        if len(set(case.specials)) < 3 or not all(0 <= token < case.vocab for token in case.specials) or case.vocab < 4:
            problem("pad, cls and sep must be three different ids of the vocabulary, which needs at least one more")
        return
    if case.positions < case.segment_size + case.mem + (3 if case.model == "armt-bert" else case.mem):
        problem(f"{case.positions} positions are fewer than a segment has")
    if (case.mem > 0) != case.model.startswith(("rmt", "armt")):
        problem(f"{case.model} with {case.mem} memory tokens")
    if case.mem_len and not case.model.endswith("xl"):
        problem("mem_len applies to Transformer-XL only")
    if (case.key_norm or case.write_positions or case.correction is not None) and case.model != "armt-gpt2":
        problem("key-norm, write-positions and correction apply to armt-gpt2 only")
    if case.relative_shift and case.model != "rmt-transformer-xl":
        problem("relative-shift applies to rmt-transformer-xl only")
    if (case.lengths is None) == (case.model == "armt-bert"):
        problem("lengths apply to armt-bert only, which requires them")
    if case.lengths is None and not (case.length >= 2 and 1 <= (case.answer_from or 1) < case.length):
        problem("a sequence needs at least 2 tokens, and answer_from must be in 1 … length - 1")
    if case.alignment == "center" and case.model != "armt-bert":
        problem("center applies to encoders only")
    if case.reaches and case.model == "armt-bert":
        problem("reaches apply to generative models only")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Writes reference values. Without --case: all listed cases "
        f"({', '.join([*encoder.CASES, *family.CASES])}) and the dtypes file. Omitted settings default to those of the "
        "listed case, or to the general defaults.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--case", help="a listed case, or a new name for an ad-hoc one")
    parser.add_argument("--out", type=Path, help="folder to write into (default: the script's own)")
    one = parser.add_argument_group("settings of one case")
    one.add_argument("--model", choices=(ENCODER, *MODELS), help=f"of an ad-hoc case (default: {ENCODER})")
    one.add_argument("--lengths", type=numbers, help="encoders: tokens of each sequence: 3,17,40")
    one.add_argument("--length", type=int, help="generative models: tokens of each sequence")
    one.add_argument("--alignment", choices=("right", "left", "center"))
    one.add_argument("--loss", choices=("last", "mean"), help="rmt-bert")
    one.add_argument("--memory-mask", choices=("causal", "block"))
    one.add_argument("--relative-shift", choices=("distance", "lm-rmt"), help="rmt-transformer-xl")
    one.add_argument("--key-norm", choices=("l2", "none"), help="armt-gpt2")
    one.add_argument("--write-positions", choices=("after", "end"), help="armt-gpt2")
    one.add_argument("--reaches", type=numbers, help="write gradients of BPTT truncated to these depths: 0,1")
    for name in ("seed", "mem", "segment-size", "hidden", "layers", "heads", "classes", "vocab", "positions"):
        one.add_argument(f"--{name}", type=int)
    for name in ("intermediate", "pad", "cls", "sep"):
        one.add_argument(f"--{name}", type=int, help="rmt-bert")
    for name in ("batch", "answer-from", "mem-len", "d-mem", "head-size", "inner"):
        one.add_argument(f"--{name}", type=int, help="all but rmt-bert")
    one.add_argument("--eps", type=float, help="of the layer norms")
    flag = argparse.BooleanOptionalAction
    one.add_argument("--correction", action=flag, help="armt-gpt2: only the new share of a key goes into the normaliser")
    one.add_argument("--mem-at-end", action=flag, help="write memory after the text, not where it is read")
    one.add_argument("--attention", action=flag, help="write the attention probabilities")
    one.add_argument("--final", action=flag, help="rmt-bert: write the parameters after each run")
    options = parser.parse_args()
    settings = {key: value for key, value in vars(options).items() if key not in ("case", "out")}
    options.out = getattr(options, "out", HERE)
    if not hasattr(options, "case"):
        if settings:
            parser.error("settings need --case")
        return options
    listed = {**encoder.CASES, **family.CASES}.get(options.case)
    if options.out.resolve() in (HERE, HERE / FAMILY) and (settings or not listed):
        parser.error("this folder is for unmodified listed cases only: use another --out")
    if listed and "model" in settings:
        parser.error("--model does not apply to a listed case")
    model = settings.get("model", ENCODER)
    if listed is None and model == ENCODER:
        listed = encoder.Case(lengths=(3, 17, 30))
        settings.pop("model", None)
    unknown = set(settings) - {field.name for field in dataclasses.fields(listed or family.Case)}
    if unknown:
        parser.error(f"{model if not listed else options.case} has no {', '.join(sorted(unknown))}")
    if listed is None:
        settings = {"mem": 4 if model.startswith(("rmt", "armt")) else 0, **settings}
        options.one = family.Case(**settings)
    else:
        options.one = dataclasses.replace(listed, **settings)
    check(options.one if isinstance(options.one, encoder.Case) else options.one.resolved(), parser.error)
    return options


def main() -> None:
    options = arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    cases = {options.case: options.one} if hasattr(options, "one") else {**encoder.CASES, **family.CASES}
    for name, case in cases.items():
        of = encoder if isinstance(case, encoder.Case) else family
        apart = of is family and (len(cases) > 1 or options.out.resolve() == HERE)
        folder = options.out / FAMILY if apart else options.out
        folder.mkdir(parents=True, exist_ok=True)
        of.write_case(name, case, folder)
        size = sum(path.stat().st_size for path in folder.glob(f"{name}.*.*"))
        print(f"{name}: {size / 1024:.0f} KiB")
    if len(cases) > 1:
        write_dtypes(options.out)


if __name__ == "__main__":
    main()
