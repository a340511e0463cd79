"""Tiny models in the layouts of other programs: python make_published.py (needs torch and safetensors).

No number is random. Number i of a parameter is a function of i and of the parameter's name in a checkpoint of ours
(`values`), so that a test can tell for every number where it belongs. All are multiples of 1/256 below 1/2, which F16
and BF16 hold exactly."""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
D, LAYERS, INNER, POSITIONS, M, D_MEM = 8, 2, 12, 16, 2, 4
VOCABULARY, LABELS = 12, 6

Tensors = dict[str, torch.Tensor]


def values(name: str, *shape: int) -> torch.Tensor:
    key = sum((k + 1) * ord(character) for k, character in enumerate(name))
    count = torch.Size(shape).numel()
    return ((torch.arange(count) * 7 + key) % 251 - 125).float().reshape(shape) / 256


def named(shapes: dict[str, tuple[int, ...]]) -> Tensors:
    return {name: values(name, *shape) for name, shape in shapes.items()}


def dense(name: str, out: int, inp: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, inp), f"{name}.bias": (out,)}


def norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (D,), f"{name}.bias": (D,)}


def bert() -> Tensors:
    shapes: dict[str, tuple[int, ...]] = {
        "bert.embeddings.word_embeddings.weight": (VOCABULARY, D),
        "bert.embeddings.position_embeddings.weight": (POSITIONS, D),
        "bert.embeddings.token_type_embeddings.weight": (2, D),
        **norm("bert.embeddings.LayerNorm"),
    }
    for layer in range(LAYERS):
        name = f"bert.encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            shapes |= dense(f"{name}.attention.self.{part}", D, D)
        shapes |= dense(f"{name}.attention.output.dense", D, D) | norm(f"{name}.attention.output.LayerNorm")
        shapes |= dense(f"{name}.intermediate.dense", INNER, D) | dense(f"{name}.output.dense", D, INNER)
        shapes |= norm(f"{name}.output.LayerNorm")
    return named(shapes | dense("bert.pooler.dense", D, D))


def gpt2(positions: int = POSITIONS) -> Tensors:
    shapes: dict[str, tuple[int, ...]] = {
        "transformer.wte.weight": (VOCABULARY, D),
        "transformer.wpe.weight": (positions, D),
    }
    for layer in range(LAYERS):
        name = f"transformer.h.{layer}"
        shapes |= norm(f"{name}.ln_1")
        shapes |= {f"{name}.attn.c_attn.weight": (D, 3 * D), f"{name}.attn.c_attn.bias": (3 * D,)}
        shapes |= dense(f"{name}.attn.c_proj", D, D) | norm(f"{name}.ln_2")
        shapes |= {f"{name}.mlp.c_fc.weight": (D, INNER), f"{name}.mlp.c_fc.bias": (INNER,)}
        shapes |= {f"{name}.mlp.c_proj.weight": (INNER, D), f"{name}.mlp.c_proj.bias": (D,)}
    return named(shapes | norm("transformer.ln_f"))


def transformer_xl() -> Tensors:
    shapes: dict[str, tuple[int, ...]] = {
        "transformer.word_emb.emb_layers.0.weight": (VOCABULARY, D),
        "transformer.r_w_bias": (2, D // 2),
        "transformer.r_r_bias": (2, D // 2),
    }
    for layer in range(LAYERS):
        name = f"transformer.layers.{layer}"
        shapes |= {f"{name}.dec_attn.qkv_net.weight": (3 * D, D), f"{name}.dec_attn.o_net.weight": (D, D)}
        shapes |= {f"{name}.dec_attn.r_net.weight": (D, D)} | norm(f"{name}.dec_attn.layer_norm")
        shapes |= dense(f"{name}.pos_ff.CoreNet.0", INNER, D) | dense(f"{name}.pos_ff.CoreNet.3", D, INNER)
        shapes |= norm(f"{name}.pos_ff.layer_norm")
    return named(shapes | {"crit.out_layers.0.bias": (VOCABULARY,)})


BERT_CONFIG = {
    "model_type": "bert",
    "hidden_size": D,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": INNER,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "vocab_size": VOCABULARY,
    "hidden_act": "gelu",
}
GPT2_CONFIG = {
    "model_type": "gpt2",
    "n_embd": D,
    "n_layer": LAYERS,
    "n_head": 2,
    "n_inner": INNER,
    "n_positions": POSITIONS,
    "vocab_size": VOCABULARY,
    "activation_function": "gelu_pytorch_tanh",
}


def folder(name: str, config: dict[str, object]) -> Path:
    path = HERE / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    return path


def old_bert() -> None:
    """As bert-base was first published: old names and heads of pretraining, here in two parts."""
    path = folder("old-bert", {key: value for key, value in BERT_CONFIG.items() if key != "model_type"})
    old = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor for name, tensor in bert().items()}
    old |= {"cls.predictions.bias": torch.ones(VOCABULARY), "cls.seq_relationship.weight": torch.ones(2, D)}
    names = sorted(old)
    parts = {"model-00001-of-00002.safetensors": names[:20], "model-00002-of-00002.safetensors": names[20:]}
    for file, contents in parts.items():
        save_file({name: old[name] for name in contents}, path / file, metadata={"format": "pt"})
    weight_map = {name: file for file, contents in parts.items() for name in contents}
    (path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}) + "\n")


def bare_bert() -> None:
    """A bare BertModel, as sentence encoders are published: no prefix, no head, a buffer; in half precision."""
    path = folder("bare-bert", BERT_CONFIG)
    tensors = {name.removeprefix("bert."): tensor.half() for name, tensor in bert().items() if "pooler" not in name}
    save_file(tensors | {"embeddings.position_ids": torch.arange(POSITIONS)}, path / "model.safetensors")


def bare_gpt2() -> None:
    """A bare GPT2Model with buffers, wrapped by DDP and torch.compile, in BF16."""
    path = folder("bare-gpt2", GPT2_CONFIG)
    tensors = {name.removeprefix("transformer."): tensor.bfloat16() for name, tensor in gpt2().items()}
    for layer in range(LAYERS):
        tensors[f"h.{layer}.attn.bias"] = torch.ones(1, 1, POSITIONS, POSITIONS, dtype=torch.uint8)
        tensors[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
    torch.save({f"module._orig_mod.{name}": tensor for name, tensor in tensors.items()}, path / "pytorch_model.bin")


def untied_gpt2() -> None:
    """A GPT2LMHeadModel with an output layer of its own, in F64."""
    path = folder("untied-gpt2", GPT2_CONFIG)
    tensors = gpt2() | named({"lm_head.weight": (VOCABULARY, D)})
    save_file({name: tensor.double() for name, tensor in tensors.items()}, path / "model.safetensors")


def official_encoder() -> None:
    path = folder("official-encoder", BERT_CONFIG)
    own = bert() | named(dense("classifier", LABELS, D))
    words = own.pop("bert.embeddings.word_embeddings.weight")
    table = torch.cat([words, values("rmt.memory", M, D)])
    state = {
        "cls_token": torch.tensor([4]),
        "sep_token": torch.tensor([5]),
        "mem_token_ids": torch.arange(VOCABULARY, VOCABULARY + M),
        "model.bert.embeddings.word_embeddings.weight": table,
        **{f"model.{name}": tensor for name, tensor in own.items()},
        "model.embeddings.weight": table,
    }
    optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": []}
    torch.save({"model_state_dict": state, "optimizer_state_dict": optimizer, "iteration": 7}, path / "model_best.pth")


def official_decoder() -> None:
    path = folder("official-decoder", GPT2_CONFIG)
    own = gpt2()
    state = {"memory_cell.memory": values("rmt.memory", M, D)}
    state |= {f"memory_cell.model.{name}": tensor for name, tensor in own.items()}
    torch.save(state | {"memory_cell.model.lm_head.weight": own["transformer.wte.weight"]}, path / "pytorch_model.bin")


def official_associative() -> None:
    """The published version of ARMT with wrap_pos: rows of the position table for the memory tokens."""
    path = folder("official-associative", GPT2_CONFIG)
    own = gpt2(POSITIONS + M)
    layers: Tensors = {}
    for layer in range(LAYERS):
        name = f"transformer.h.{layer}"
        added = named({f"{name}.W_mq.weight": (D_MEM, D), f"{name}.W_mk.weight": (D_MEM, D), f"{name}.W_mv.weight": (D, D), **dense(f"{name}.W_mb", 1, D)})
        layers |= {key.removeprefix("transformer.h."): tensor for key, tensor in added.items()}
        for key in [key for key in own if key.startswith(f"{name}.")]:
            layers[f"{layer}.layer.{key.removeprefix(f'{name}.')}"] = own.pop(key)
    state = {"memory_cell.memory": values("rmt.memory", M, D)}
    state |= {f"memory_cell.model.{name}": tensor for name, tensor in own.items()}
    state |= {f"memory_cell.model.transformer.h.{name}": tensor for name, tensor in layers.items()}
    state |= {"memory_cell.model.lm_head.weight": own["transformer.wte.weight"]}
    state |= {f"memory_cell.layers.{name}": tensor for name, tensor in layers.items()}
    torch.save(state, path / "pytorch_model.bin")


def lm_rmt() -> None:
    config = {
        "model_type": "lm-rmt",
        "n_token": VOCABULARY,
        "n_layer": LAYERS,
        "n_head": 2,
        "d_model": D,
        "d_head": D // 2,
        "d_inner": INNER,
        "tgt_len": 6,
        "mem_len": 3,
        "num_mem_tokens": M,
        "mem_at_end": True,
        "read_mem_from_cache": True,
        "attn_type": 0,
        "clamp_len": -1,
    }
    path = folder("lm-rmt", config)
    own = transformer_xl()
    state = {"mem_tokens": values("rmt.memory", M, 1, D)}
    state |= {name.removeprefix("transformer."): tensor for name, tensor in own.items()}
    state |= {"crit.out_layers.0.weight": own["transformer.word_emb.emb_layers.0.weight"]}
    state |= {"pos_emb.inv_freq": 1 / (10000 ** (torch.arange(0.0, D, 2.0) / D))}
    torch.save(state, path / "model.pt")


def main() -> None:
    for make in (old_bert, bare_bert, bare_gpt2, untied_gpt2, official_encoder, official_decoder, official_associative, lm_rmt):
        make()


if __name__ == "__main__":
    main()
