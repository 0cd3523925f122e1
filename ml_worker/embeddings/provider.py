"""Embedding providers: the HEAR interface, how one is found, and what is believed of it.

A provider is a module (or any object) with the three functions of the HEAR benchmark's common API
(Turian et al. 2022), named by an entry point of group ``harken.embeddings``::

    [project.entry-points."harken.embeddings"]
    my-embedding = "my_package.my_module"

``load_model(model_file_path="")`` returns a model with the attributes of ``EmbeddingModel``; the
two others take audio as a float32 tensor (n_sounds, n_samples), mono, full scale 1, at the model's
rate, and return tensors or arrays.

A plug-in is a stranger's code that a person has installed. What it returns is checked; whatever it
does wrong becomes one sentence that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ml_worker.job_context import JobRefused
from ml_worker.recordings.audio import MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ

GROUP = "harken.embeddings"
MAX_SIZE = 1_000_000
"""Numbers in one embedding; more is a mistake."""

Floats = NDArray[np.float32]
Value = TypeVar("Value")


class EmbeddingModel(Protocol):
    """What ``load_model`` returns; may be a ``torch.nn.Module`` or anything else."""

    sample_rate: int
    scene_embedding_size: int
    timestamp_embedding_size: int


class EmbeddingProvider(Protocol):
    """The three functions of the HEAR interface."""

    def load_model(self, model_file_path: str = "") -> EmbeddingModel:
        """Return the model; a provider without weights ignores or refuses the path."""
        ...

    def get_scene_embeddings(self, audio: torch.Tensor, model: EmbeddingModel) -> Any:
        """Return (n_sounds, scene_embedding_size)."""
        ...

    def get_timestamp_embeddings(self, audio: torch.Tensor, model: EmbeddingModel) -> Any:
        """Return (n_sounds, n_times, timestamp_embedding_size) and ms (n_sounds, n_times)."""
        ...


class ProviderFailed(JobRefused):
    """A provider is missing or does not keep the interface; the message names it."""


@dataclass(frozen=True, slots=True)
class LoadedProvider:
    """A provider with its model, of which every answer is checked.

    ``version`` is that of the distribution that brings it, as "name version".
    """

    name: str
    version: str
    functions: EmbeddingProvider
    model: EmbeddingModel

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate that the audio must have."""
        return self.model.sample_rate

    def scene_embeddings(self, audio: Floats) -> Floats:
        """Return (n_sounds, scene_embedding_size) of (n_sounds, n_samples).

        Raises
        ------
        ProviderFailed
            The provider raises, or returns another shape or what is no number.
        """
        answer = self._ask(self.functions.get_scene_embeddings, audio)
        return self._checked(answer, (len(audio), self.model.scene_embedding_size), "scene")

    def timestamp_embeddings(self, audio: Floats) -> tuple[Floats, NDArray[np.float64]]:
        """Return (n_sounds, n_times, timestamp_embedding_size) and ms (n_sounds, n_times).

        Raises
        ------
        ProviderFailed
            As for ``scene_embeddings``.
        """
        answer = self._ask(self.functions.get_timestamp_embeddings, audio)
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise self._failure("get_timestamp_embeddings returns no pair (embeddings, times)")
        times_ms = self._numbers(answer[1], "timestamps").astype(np.float64)
        if times_ms.ndim != 2 or len(times_ms) != len(audio) or not times_ms.shape[1]:
            raise self._failure(f"it gives timestamps of shape {times_ms.shape}")
        shape = (*times_ms.shape, self.model.timestamp_embedding_size)
        return self._checked(answer[0], shape, "timestamp"), times_ms

    def _ask(self, function: Callable[[torch.Tensor, EmbeddingModel], Value], audio: Floats) -> Any:
        tensor = torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32))
        with torch.inference_mode():
            return _call(self.name, function, tensor, self.model)

    def _checked(self, answer: Any, shape: tuple[int, ...], what: str) -> Floats:
        values = self._numbers(answer, f"{what} embeddings")
        if values.shape != shape:
            raise self._failure(f"its {what} embeddings have shape {values.shape}, not {shape}")
        return values

    def _numbers(self, answer: Any, what: str) -> Floats:
        try:
            if isinstance(answer, torch.Tensor):
                answer = answer.detach().cpu().float().numpy()
            values = np.asarray(answer, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise self._failure(f"its {what} are no array of numbers") from error
        if not np.isfinite(values).all():
            raise self._failure(f"its {what} hold what is no number (NaN or infinite)")
        return values

    def _failure(self, what: str) -> ProviderFailed:
        return ProviderFailed(
            f"Embedding provider {self.name!r} ({self.version}) does not keep the HEAR interface: "
            f"{what}; mend or leave out the provider."
        )


def provider_names() -> list[str]:
    """Return the names of all providers that are installed, sorted."""
    return sorted(_entry_points())


def load_provider(name: str, model_file_path: str = "") -> LoadedProvider:
    """Return a provider with its model.

    Raises
    ------
    ProviderFailed
        No provider or two have that name, it cannot be imported, lacks a function, or its model
        cannot be loaded or states impossible sizes.
    """
    found = _entry_points()
    if name not in found:
        raise ProviderFailed(
            f"There is no embedding provider {name!r}; installed are {', '.join(sorted(found))}."
        )
    entry = _only(name, found[name])
    functions = _call(name, entry.load)
    for function in ("load_model", "get_scene_embeddings", "get_timestamp_embeddings"):
        if not callable(getattr(functions, function, None)):
            raise ProviderFailed(
                f"Embedding provider {name!r} ({entry.value}) has no function {function}; it must "
                "have the three of the HEAR interface."
            )
    model = _call(name, functions.load_model, model_file_path)
    if isinstance(model, torch.nn.Module):
        model.eval()
    _check_sizes(name, model)
    return LoadedProvider(name, _version(entry), functions, model)


def _entry_points() -> Mapping[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        others = found.setdefault(entry.name, [])
        if entry.value not in [other.value for other in others]:
            others.append(entry)
    return found


def _only(name: str, entries: list[EntryPoint]) -> EntryPoint:
    if len(entries) > 1:
        places = " and ".join(sorted(entry.value for entry in entries))
        raise ProviderFailed(
            f"Two packages bring an embedding provider {name!r}: {places}; remove one of them."
        )
    return entries[0]


def _version(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown"


def _check_sizes(name: str, model: EmbeddingModel) -> None:
    limits = {
        "sample_rate": (MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ),
        "scene_embedding_size": (1, MAX_SIZE),
        "timestamp_embedding_size": (1, MAX_SIZE),
    }
    for attribute, (least, most) in limits.items():
        value = getattr(model, attribute, None)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ProviderFailed(
                f"Embedding provider {name!r}: its model's {attribute} is {value!r}; it must be a "
                f"whole number from {least} to {most}."
            )


def _call(name: str, function: Callable[..., Value], *arguments: Any) -> Value:
    """Call a plug-in; whatever it raises becomes a sentence."""
    try:
        return function(*arguments)
    except JobRefused:
        raise
    except (Exception, SystemExit) as error:
        cause = str(error).strip().rstrip(".") or "no words"
        raise ProviderFailed(
            f"Embedding provider {name!r} failed with {type(error).__name__}: {cause}."
        ) from error
