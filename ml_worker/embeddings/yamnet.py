"""YAMNet's 1024 numbers (Plakal and Ellis; AudioSet), from its TensorFlow Lite weights.

Needs the extra ``harken[yamnet]`` (ai-edge-litert) and the path of ``yamnet.tflite``. Windows of
15,600 samples at 16 kHz, 7,680 (0.48 s) apart as YAMNet's own; the last one reaches the sound's
end, and a sound shorter than a window is repeated (ours). Scene: the mean over the windows.

A provider by the HEAR interface (see ``provider``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.embeddings.provider import ProviderFailed
from ml_worker.embeddings.windows import cut_windows, window_centres_ms

WINDOW, HOP, RATE_HZ = 15_600, 7_680, 16_000
EMBEDDING_SIZE, N_CLASSES = 1024, 521
_EMBEDDING_TENSOR = "global_average_pooling2d/Mean"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class YamnetModel:
    """The interpreter and the tensors that matter."""

    interpreter: Any
    input_tensor: int
    score_tensor: int
    embedding_tensor: int
    sample_rate: int = RATE_HZ
    scene_embedding_size: int = EMBEDDING_SIZE
    timestamp_embedding_size: int = EMBEDDING_SIZE

    def run(self, window: Floats) -> tuple[Floats, Floats]:
        """Return the embedding (1024,) and the class scores (521,) of 15,600 samples."""
        self.interpreter.set_tensor(self.input_tensor, np.ascontiguousarray(window))
        self.interpreter.invoke()
        embedding = self.interpreter.get_tensor(self.embedding_tensor)
        return embedding.reshape(-1), self.interpreter.get_tensor(self.score_tensor).reshape(-1)


def load_model(model_file_path: str = "") -> YamnetModel:
    """Return the model of a ``yamnet.tflite``.

    Raises
    ------
    ProviderFailed
        The extra or the file is missing, or the file is no YAMNet; the message is a sentence.
    """
    interpreter = _open(model_file_path)
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    embeddings = [
        d["index"]
        for d in interpreter.get_tensor_details()
        if d["name"].split(";")[0].endswith(_EMBEDDING_TENSOR)
    ]
    shapes = [tuple(d["shape"]) for d in (*inputs, *outputs)]
    if shapes != [(WINDOW,), (1, N_CLASSES)] or len(embeddings) != 1:
        raise ProviderFailed(
            f"{model_file_path} is not YAMNet: its tensors are {shapes}, not 15,600 samples in and "
            "521 scores out."
        )
    return YamnetModel(interpreter, inputs[0]["index"], outputs[0]["index"], embeddings[0])


def get_scene_embeddings(audio: Any, model: YamnetModel) -> Floats:
    """Return (n_sounds, 1024) of ``audio`` (n_sounds, n_samples)."""
    return np.asarray(get_timestamp_embeddings(audio, model)[0].mean(axis=1))


def get_timestamp_embeddings(audio: Any, model: YamnetModel) -> tuple[Floats, NDArray[np.float64]]:
    """Return (n_sounds, n_windows, 1024) and the windows' middles in ms, (n_sounds, n_windows)."""
    sounds = np.asarray(audio, dtype=np.float32)
    embeddings = np.stack(
        [np.stack([model.run(w)[0] for w in cut_windows(s, WINDOW, HOP)]) for s in sounds]
    )
    times_ms = window_centres_ms(sounds.shape[1], WINDOW, HOP, RATE_HZ)
    return embeddings, np.tile(times_ms, (len(sounds), 1))


def get_scene_scores(audio: Any, model: YamnetModel) -> Floats:
    """Return YAMNet's own class scores, the mean over windows, (n_sounds, 521)."""
    sounds = np.asarray(audio, dtype=np.float32)
    return np.stack(
        [np.mean([model.run(w)[1] for w in cut_windows(s, WINDOW, HOP)], axis=0) for s in sounds]
    )


def _open(model_file_path: str) -> Any:
    if not model_file_path:
        raise ProviderFailed("YAMNet needs its weights; give the path of yamnet.tflite as 'model'.")
    if not Path(model_file_path).is_file():
        raise ProviderFailed(f"There is no file {model_file_path}; give the path of yamnet.tflite.")
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise ProviderFailed(
            "YAMNet needs the package ai-edge-litert; install harken[yamnet]."
        ) from error
    try:
        interpreter = Interpreter(
            model_path=model_file_path,
            num_threads=1,  # two are slower for a net this small
            experimental_preserve_all_tensors=True,
            # The default delegate rounds quantised layers in its own way: not the reference's.
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ProviderFailed(f"{model_file_path} is no TensorFlow Lite model ({error}).") from error
    return interpreter
