"""The sound classes of the demo collection: which generator makes which AudioSet class."""

from collections.abc import Callable
from dataclasses import dataclass

from datasets_app.demo import sounds_of_nature, sounds_of_people, sounds_of_things
from datasets_app.demo.waves import Rng, Signal

Generator = Callable[[Rng, Rng, int, int], Signal]


@dataclass(frozen=True, slots=True)
class SoundKind:
    """One synthesised class.

    Attributes
    ----------
    mid
        The class's AudioSet id.
    synthesise
        ``(source, rng, n_samples, rate_hz) -> signal`` with a peak of 1; equal ``source``
        generators give the same dog, bell or floor, ``rng`` gives this recording of it.
    typical_s
        Median duration of a recording of it, in seconds.
    """

    mid: str
    synthesise: Generator
    typical_s: float


_KINDS = (
    SoundKind("/m/05tny_", sounds_of_nature.bark, 2.5),
    SoundKind("/m/06mb1", sounds_of_nature.rain, 6.0),
    SoundKind("/m/0ngt1", sounds_of_nature.thunder, 7.0),
    SoundKind("/m/07pggtn", sounds_of_nature.bird_chirp, 4.0),
    SoundKind("/m/07r5v4s", sounds_of_nature.water_drip, 4.0),
    SoundKind("/m/03kmc9", sounds_of_things.siren, 5.0),
    SoundKind("/m/03wwcy", sounds_of_things.doorbell, 3.0),
    SoundKind("/m/07qjznl", sounds_of_things.clock_tick, 4.0),
    SoundKind("/m/0395lw", sounds_of_things.bell, 5.0),
    SoundKind("/m/07pb8fc", sounds_of_things.idling_engine, 5.0),
    SoundKind("/m/07r4wb8", sounds_of_people.knock, 2.0),
    SoundKind("/m/07pbtc8", sounds_of_people.footsteps, 4.0),
    SoundKind("/m/01w250", sounds_of_people.whistling, 4.0),
    SoundKind("/m/028ght", sounds_of_people.applause, 5.0),
)

SOUND_KINDS: dict[str, SoundKind] = {kind.mid: kind for kind in _KINDS}
