"""What participants download gives no eval clip away."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.challenges.eval_truth import expected_of
from datasets_app.challenges.leaks import PackageLeaks, check_package
from datasets_app.challenges.models import Metric
from datasets_app.challenges.opening import open_challenge
from datasets_app.challenges.package import write_package
from datasets_app.domain.challenges.submission_format import read_submission
from datasets_app.releases.layout import LABELS, clips_info_file
from tests.datasets_app.challenges.conftest import CLOSES, OPENED
from tests.datasets_app.challenges.eval_release import make_collection, make_release

WORDS = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=6, max_size=20)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def package(challenge) -> dict[str, bytes]:
    return contents(write_package(challenge=challenge))


def test_dev_comes_whole(package):
    assert sorted(n for n in package if n.startswith("dev_audio/")) == [
        f"dev_audio/dev-{i}.wav" for i in range(3)
    ]
    assert package["ground_truth/dev.csv"].splitlines()[1] == b"dev-0,Bark,/m/bark,train"
    assert json.loads(package[clips_info_file("dev")])["dev-1"]["uploader"] == "dev-uploader-0"
    assert [row["fname"] for row in csv.DictReader(package[LABELS].decode().splitlines())] == [
        "dev-0",
        "dev-1",
        "dev-2",
    ]


def test_nothing_in_it_names_an_eval_clip(package, release):
    info = json.loads((Path(release.path) / clips_info_file("eval")).read_text())
    secrets = set(info)
    for entry in info.values():
        secrets |= {entry[key] for key in ("title", "uploader", "sha256", "source_url", "file")}
        secrets |= set(entry["tags"])
    told = b"\n".join([*package.values(), *(name.encode() for name in package)])
    assert [secret for secret in sorted(secrets) if secret.encode() in told] == []


def test_classes_come_without_what_was_counted_over_eval(package):
    for entry in json.loads(package["metadata/class_info.json"]).values():
        assert not {"n_eval", "n_negative", "n_undecided"} & entry.keys()


def test_eval_clips_sound_the_same_under_names_in_another_order(package, challenge, release):
    secret = dict(challenge.clips.values_list("name", "fname"))
    assert [secret[name] for name in sorted(secret)] != sorted(secret.values())
    for name, fname in secret.items():
        heard, rate = soundfile.read(io.BytesIO(package[f"eval_audio/{name}.flac"]))
        original, wanted_rate = soundfile.read(Path(release.path) / "eval_audio" / f"{fname}.wav")
        assert rate == wanted_rate
        assert (heard == original).all()


def test_the_checksums_are_right(package):
    listed = dict(
        reversed(line.split("  ")) for line in package["SHA256SUMS"].decode().splitlines()
    )
    assert listed.keys() == package.keys() - {"SHA256SUMS"}
    for name, sha256 in listed.items():
        assert hashlib.sha256(package[name]).hexdigest() == sha256


def test_the_example_passes_the_format_check(package, challenge):
    expected = expected_of(challenge)
    handle = io.BytesIO(package["example_submission.csv"])
    assert (read_submission(handle, expected).scores == 0).all()
    listed = package["eval_clips.csv"].decode().split()
    assert listed == ["fname", *expected.names]


def test_the_same_release_and_seed_give_the_same_bytes(challenge):
    first = hashlib.sha256(write_package(challenge=challenge).read_bytes()).hexdigest()
    assert challenge.package_sha256 == first
    write_package(challenge=challenge)
    assert challenge.package_sha256 == first


def test_a_lost_recording_leaves_no_package(challenge, release):
    lost = next((Path(release.path) / "eval_audio").iterdir())
    lost.unlink()
    with pytest.raises(ValueError, match="lacks the recording"):
        write_package(challenge=challenge)
    folder = Path(release.path).parent / "media" / "challenges" / str(challenge.uuid)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            "ground_truth/labels.csv",
            "fname,mid,state,origin\neval-secret-1,/m/bark,positive,rated\n",
        ),
        ("LICENSES.csv", "fname,license,uploader,title,source_url\nx,CC0,eval-uploader-2,t,\n"),
        ("metadata/dev_clips_info.json", '{\n"eval-secret-1": {}\n}\n'),
        (
            "metadata/dev_clips_info.json",
            '{\n"dev-0": {"source_url": "https://example.org/eval/3"}\n}\n',
        ),
        ("metadata/class_info.json", '{"/m/bark": {"n_eval": 3}}'),
        ("eval_clips.csv", "fname\neval-secret-1\n"),
        ("eval_audio/eval-secret-1.flac", ""),
        ("dev_audio/eval-secret-1.wav", ""),
        ("ground_truth/eval.csv", ""),
    ],
)
def test_the_search_finds_a_leak(challenge, package, tmp_path, entry, text):
    with zipfile.ZipFile(tmp_path / "leaking.zip", "w") as archive:
        for name, data in (package | {entry: text.encode()}).items():
            archive.writestr(name, data)
    with pytest.raises(PackageLeaks):
        check_package(tmp_path / "leaking.zip", challenge)


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(spoken=st.fixed_dictionaries({"title": WORDS, "tag": WORDS, "uploader": WORDS}))
def test_whatever_is_said_of_eval_clips_stays_out(db, tmp_path_factory, spoken):
    marked = {key: f"zq{word}qz" for key, word in spoken.items()}
    name = f"yard{make_collection_number()}"
    release = make_release(
        make_collection(name),
        tmp_path_factory.mktemp("release") / "r",
        n_eval=4,
        n_dev=1,
        spoken=marked,
    )
    challenge = open_challenge(
        release=release, title="Hear it", closes_at=CLOSES, metric=Metric.MAP_AT_3, now=OPENED
    )
    told = b"\n".join(contents(write_package(challenge=challenge)).values())
    assert [word for word in marked.values() if word.encode() in told] == []
    assert b"eval-secret" not in told


def make_collection_number(count=[0]) -> int:  # noqa: B006
    count[0] += 1
    return count[0]
