"""Features: made, made again, and read by a peer's plain loop."""

import hashlib
import math
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import torch

from benchmarks.measuring import Outcome, measured
from ml_worker.contract import JobKind, JobSpec
from ml_worker.features.feature_store import FeatureStore
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation, PatchSet
from ml_worker.features.releases import load_features
from ml_worker.features.resampling import resample
from ml_worker.job_context import JobContext
from ml_worker.process_pool import available_cores
from ml_worker.recordings.audio import Recording, decode
from ml_worker.release import ReleasedClip, Split

Found = tuple[Outcome, dict[str, float]]

N_CLIPS, DURATION_S, RATE_HZ = 240, 5.0, 44_100
N_LARGE, FRAMES_OF_LARGE = 50_000, 121
_SEED = 61


def prepare_ogg(folder: Path) -> None:
    """Write the clips as Ogg Vorbis."""
    _write_clips(folder, "ogg", "VORBIS")


def prepare_wav(folder: Path) -> None:
    """Write the clips as 16-bit WAV."""
    _write_clips(folder, "wav", "PCM_16")


def prepare_filled(folder: Path) -> None:
    """Write the clips as Ogg Vorbis and fill a store with them."""
    prepare_ogg(folder)
    load_features(context_in(folder), store_in(folder), clips_of(folder))


def extract(folder: Path) -> Found:
    """Fill an empty store."""
    clips = clips_of(folder)
    FrontEnd().log_mel(decode(clips[0].path))  # libraries loaded, as in the peer
    shutil.rmtree(folder / "store", ignore_errors=True)
    with measured(len(clips)) as outcome:
        load_features(context_in(folder), store_in(folder), clips)
    outcome.remark = f"{available_cores()} threads"
    return outcome, {}


def extract_peer(folder: Path) -> Found:
    """Do the same with librosa, clip by clip, keeping nothing."""
    import librosa

    paths = [clip.path for clip in clips_of(folder)]
    _librosa_mel(librosa.load(paths[0], sr=FrontEnd().sample_rate_hz)[0])
    with measured(len(paths)) as outcome:
        for path in paths:
            _librosa_mel(librosa.load(path, sr=FrontEnd().sample_rate_hz)[0])
    outcome.remark = f"librosa {librosa.__version__}"
    return outcome, {}


def log_mel(folder: Path) -> Found:
    """Transform what is decoded and at the right rate."""
    recordings = [
        Recording(mono[:, None], FrontEnd().sample_rate_hz, "WAV") for mono in _monos(folder)
    ]
    front_end = FrontEnd()
    front_end.log_mel(recordings[0])
    pool = ThreadPoolExecutor(available_cores(), initializer=torch.set_num_threads, initargs=(1,))
    with pool, measured(len(recordings)) as outcome:
        for _ in pool.map(front_end.log_mel, recordings):
            pass
    outcome.remark = f"{available_cores()} threads"
    return outcome, {}


def log_mel_peer(folder: Path) -> Found:
    """Transform the same with librosa."""
    monos = list(_monos(folder))
    _librosa_mel(monos[0])
    with measured(len(monos)) as outcome:
        for mono in monos:
            _librosa_mel(mono)
    return outcome, {}


def read_again(folder: Path) -> Found:
    """Load from a filled store and read every row."""
    clips = clips_of(folder)
    with measured(len(clips)) as outcome:
        frames = load_features(context_in(folder), store_in(folder), clips)
        total = sum(float(f.sum(dtype=np.float64)) for f in frames)
    if not math.isfinite(total):
        raise ValueError("The store holds what is no number.")
    outcome.remark = "a process of its own; the file in the system's memory"
    return outcome, {}


def prepare_large(folder: Path) -> None:
    """Fill a store with 50,000 clips of random frames."""
    rng = np.random.default_rng(_SEED)
    shutil.rmtree(folder / "store", ignore_errors=True)
    store = store_in(folder)
    bands = FrontEnd().n_bands
    for start in range(0, N_LARGE, 2_500):
        rows = rng.normal(size=(2_500, FRAMES_OF_LARGE, bands)).astype(np.float16)
        store.add({_name(start + i): frames for i, frames in enumerate(rows)})


def open_large(folder: Path) -> Found:
    """Open the large store and gather batches from everywhere."""
    front_end = FrontEnd()
    names = [_name(i) for i in range(N_LARGE)]
    store = store_in(folder)
    bands = np.ones(front_end.n_bands, np.float32)
    rng = np.random.default_rng(_SEED)
    with measured(N_LARGE) as outcome:
        missing = store.missing(names)
        patches = PatchSet(store.mapped(names), front_end, Normalisation(0 * bands, bands))
        for _ in range(100):
            patches.gather(rng.integers(0, len(patches), 64))
    if missing:
        raise ValueError(f"The store has lost {len(missing)} clips.")
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").count(store.data_path.name)
    n_mb = store.data_path.stat().st_size / 1e6
    outcome.remark = f"{n_mb:,.0f} MB of frames in {maps} map; peak counts mapped pages"
    shutil.rmtree(folder / "store")
    return outcome, {"maps": float(maps)}


def _name(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _librosa_mel(mono: np.ndarray) -> np.ndarray:
    import librosa

    front_end = FrontEnd()
    power = librosa.feature.melspectrogram(
        y=mono,
        sr=front_end.sample_rate_hz,
        n_fft=front_end.n_fft,
        win_length=front_end.window,
        hop_length=front_end.hop,
        n_mels=front_end.n_bands,
    )
    return librosa.power_to_db(power)


def _monos(folder: Path) -> Iterator[np.ndarray]:
    for clip in clips_of(folder):
        recording = decode(clip.path)
        yield resample(recording.mono(), recording.sample_rate_hz, FrontEnd().sample_rate_hz)


def _write_clips(folder: Path, suffix: str, subtype: str) -> None:
    """Write clips of noise bursts and tones; what stood there before goes."""
    shutil.rmtree(folder / "clips", ignore_errors=True)
    (folder / "clips").mkdir()
    rng = np.random.default_rng(_SEED)
    seconds = np.arange(int(DURATION_S * RATE_HZ)) / RATE_HZ
    for number in range(N_CLIPS):
        tone = np.sin(2 * np.pi * rng.uniform(100, 8_000) * seconds)
        burst = rng.normal(0, 0.2, len(seconds)) * np.exp(-(seconds % rng.uniform(0.3, 2)) * 8)
        path = folder / "clips" / f"{number:04}.{suffix}"
        soundfile.write(path, 0.2 * tone + burst, RATE_HZ, subtype=subtype)


def clips_of(folder: Path) -> list[ReleasedClip]:
    return [
        ReleasedClip(
            path.stem, Split.TRAIN, path, hashlib.sha256(path.read_bytes()).hexdigest(), ("/m/1",)
        )
        for path in sorted((folder / "clips").iterdir())
    ]


def store_in(folder: Path) -> FeatureStore:
    return FeatureStore(folder / "store", FrontEnd())


def context_in(folder: Path) -> JobContext:
    return JobContext(JobSpec("benchmark", JobKind.TRAIN, {}), folder, folder, folder)
