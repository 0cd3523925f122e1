"""The shared players: one clock, one loudness, one that sounds."""

import re

import numpy as np
import pytest
import soundfile
from django.template.loader import render_to_string
from playwright.sync_api import expect

from ml_worker.analysis import ClipRequest, analyse_clip
from tests.browser.conftest import PHONE
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
JS = "/static/annotator/js"
RATE_HZ = 48_000


@pytest.fixture
def small_players(world, visit):
    world.annotator()
    clips = [world.sounding_clip(seconds=2.0) for _ in range(2)]
    visitor = visit()
    visitor.sign_in("ana")
    html = "".join(
        render_to_string("annotator/partials/small_player.html", {"clip": clip, "label": "Bark"})
        for clip in clips
    )
    visitor.page.evaluate(
        """async ([html, js]) => {
            window.heard = [];
            addEventListener("harken:heard", ({ detail }) => window.heard.push(detail));
            document.querySelector("main").innerHTML = html;
            await import(`${js}/small_player.js`);
        }""",
        [html, JS],
    )
    yield visitor.page, clips
    assert visitor.complaints == []


def test_a_small_player_tells_how_much_was_heard(small_players):
    page, (clip, _) = small_players
    button = page.get_by_role("button", name="Play Bark").first
    button.click()
    wait_until(page, "window.heard.some(({ fraction }) => fraction > 0.3)")
    page.get_by_role("button", name="Pause Bark").click()
    told = page.evaluate("window.heard")
    assert {entry["clip"] for entry in told} == {str(clip.uuid)}
    fractions = [entry["fraction"] for entry in told]
    assert fractions == sorted(fractions)


def test_only_one_player_sounds(small_players):
    page, _ = small_players
    players = page.locator("[data-small-player]")
    players.nth(0).get_by_role("button").click()
    expect(players.nth(0)).to_have_class("small-player is-playing")
    players.nth(1).get_by_role("button").click()
    expect(players.nth(1)).to_have_class("small-player is-playing")
    expect(players.nth(0)).to_have_class("small-player")


def test_the_player_asked_last_sounds_though_its_recording_comes_first(small_players):
    page, (slow, _) = small_players
    held = []

    def hold(route):
        held.append(route)  # the list's own method is none that a page can be given

    page.route(re.compile(f"{slow.uuid}.*preview"), hold)
    players = page.locator("[data-small-player]")
    players.nth(0).get_by_role("button").click()
    players.nth(1).get_by_role("button").click()
    wait_until(page, "window.heard.length > 0")
    for route in held:
        route.continue_()
    wait_until(page, "window.heard.some(({ fraction }) => fraction > 0.9)")
    assert held
    assert str(slow.uuid) not in {entry["clip"] for entry in page.evaluate("window.heard")}
    expect(players.nth(0)).to_have_class("small-player")


def test_a_small_player_plays_to_its_end_and_again(small_players):
    page, _ = small_players
    player = page.locator("[data-small-player]").first
    player.get_by_role("button").click()
    wait_until(page, "window.heard.some(({ fraction }) => fraction > 0.99)")
    expect(player).to_have_class("small-player")
    player.get_by_role("button").click()
    wait_until(page, "window.heard.some(({ fraction }) => fraction > 1.2)")


def stretched(page, samples: np.ndarray, speed: float) -> np.ndarray:
    found = page.evaluate(
        """async ([js, samples, rate, speed]) => {
            const { stretch } = await import(`${js}/time_stretch.js`);
            return Array.from(stretch([Float32Array.from(samples)], rate, speed)[0]);
        }""",
        [JS, samples.tolist(), RATE_HZ, speed],
    )
    return np.array(found)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5, 2.0])
def test_another_speed_keeps_the_pitch_the_level_and_the_moments(small_players, speed):
    page, _ = small_players
    t = np.arange(RATE_HZ) / RATE_HZ
    tone = np.where(t < 0.5, 0.5 * np.sin(2 * np.pi * 440 * t), 0.25 * np.sin(2 * np.pi * 1760 * t))
    slower = stretched(page, tone, speed)
    assert len(slower) == round(len(tone) / speed)
    assert np.abs(slower).max() <= 0.5 + 1e-6
    half = len(slower) // 2
    for part, hz, level in ((slower[: half - 2400], 440, 0.5), (slower[half + 2400 :], 1760, 0.25)):
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        loudest_hz = np.argmax(spectrum) * RATE_HZ / len(part)
        assert loudest_hz == pytest.approx(hz, abs=2 * RATE_HZ / len(part))
        assert np.sqrt(2 * np.mean(part**2)) == pytest.approx(level, rel=0.1)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100, 48_000])
def test_a_moment_sounds_where_the_picture_shows_it(small_players, tmp_path, rate_hz):
    page, _ = small_players
    noise = np.random.default_rng(0).normal(0, 0.001, 2 * rate_hz)
    noise[rate_hz] = 0.9  # a click at one second
    soundfile.write(tmp_path / "click.wav", noise, rate_hz)
    made = analyse_clip(ClipRequest("c", "click.wav"), root=tmp_path, out_dir=tmp_path)
    preview = tmp_path / "clips" / made["sha256"] / "preview.mp3"
    content = preview.read_bytes()
    page.route("**/click.mp3", lambda route: route.fulfill(body=content, content_type="audio/mpeg"))
    duration_s, loudest_s = page.evaluate(
        """async (js) => {
            const { media } = await import(`${js}/media.js`);
            const { buffer } = await media.sound({ preview: "/click.mp3" });
            const samples = buffer.getChannelData(0).map(Math.abs);
            return [buffer.duration, samples.indexOf(Math.max(...samples)) / buffer.sampleRate];
        }""",
        JS,
    )
    assert duration_s == pytest.approx(2, abs=0.001)
    assert loudest_s == pytest.approx(1, abs=0.001)


def test_gain_equalises_loudness_and_never_exceeds_one_decibel_below_full_scale(small_players):
    page, _ = small_players
    gains = page.evaluate(
        """async (js) => {
            const { equalisingGain } = await import(`${js}/player.js`);
            return [[-33, 0.1], [-13, 1], [-33, 0.5], [null, 0.5], [null, 0]].map((clip) =>
                equalisingGain(...clip));
        }""",
        JS,
    )
    assert gains == pytest.approx([10**0.5, 10**-0.5, 10**-0.05 / 0.5, 1.0, 1.0])


RECORD_SOUND = """() => {
    window.delays = [];
    let pressedAt = null;
    addEventListener("keydown", () => (pressedAt = performance.now()), true);
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...when) {
        const ear = new AnalyserNode(this.context, { fftSize: 256 });
        this.connect(ear);
        const wave = new Float32Array(256);
        const listen = setInterval(() => {
            ear.getFloatTimeDomainData(wave);
            if (pressedAt === null || !wave.some((sample) => Math.abs(sample) > 0.01)) return;
            clearInterval(listen);
            window.delays.push(performance.now() - pressedAt);
            pressedAt = null;
        }, 1);
        return start.apply(this, when);
    };
}"""


def test_sound_starts_within_300_ms_of_the_key_on_this_page_and_the_next(world, visit):
    world.annotator()
    for _ in range(14):
        world.nominate(world.sounding_clip(seconds=0.6))
    visitor = visit()
    visitor.sign_in("ana")
    page = visitor.open_validation()
    page.wait_for_load_state("networkidle")
    page.evaluate(RECORD_SOUND)
    page.keyboard.press("Space")
    for n in range(1, 12):
        wait_until(page, f"window.delays.length >= {n}")
        page.keyboard.press("1")
    wait_until(page, "window.delays.length >= 12")
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_have_text("0 of 2")
    wait_until(page, "window.delays.length >= 13")
    delays = page.evaluate("window.delays")
    print("ms from key to sound:", [round(delay) for delay in delays])
    assert np.median(delays) < 300, delays
    assert delays[-1] < 1000, delays
    assert visitor.complaints == []


def test_a_selection_loops_to_the_sample(small_players):
    page, (clip, _) = small_players
    places = page.evaluate(
        """async ([js, preview, peaks]) => {
            const { Player } = await import(`${js}/player.js`);
            const starts = [];
            const start = AudioBufferSourceNode.prototype.start;
            AudioBufferSourceNode.prototype.start = function (...when) {
                starts.push([this.loop, this.loopStart, this.loopEnd, this.buffer.duration]);
                return start.apply(this, when);
            };
            const player = new Player();
            const clip = { duration_s: 2, loudness_lufs: null, preview, peaks };
            await player.load(clip);
            player.select({ start_s: 0.5, end_s: 0.75 });
            const seen = [];
            player.addEventListener("time", () => seen.push(player.time));
            await player.play();
            await new Promise((resolve) => setTimeout(resolve, 800));
            await player.setSpeed(0.5);
            await new Promise((resolve) => setTimeout(resolve, 400));
            player.pause();
            return { starts, seen, heard: player.heardFraction(clip) };
        }""",
        [JS, f"/media/clips/{clip.uuid}/preview.mp3", f"/media/clips/{clip.uuid}/peaks.json"],
    )
    (is_loop, start_s, end_s, _), (_, slow_start_s, slow_end_s, slow_s) = places["starts"]
    assert is_loop
    assert (start_s, end_s) == (0.5, 0.75)
    assert (slow_start_s, slow_end_s) == (1.0, 1.5)
    assert slow_s == pytest.approx(4, abs=0.1)
    assert all(0.5 <= s < 0.7501 for s in places["seen"])
    assert places["heard"] == pytest.approx((0.8 + 0.2) / 2, abs=0.25)


def test_a_clip_view_marks_by_keys_by_drag_and_by_its_edges(world, visit):
    world.annotator()
    world.nominate(world.sounding_clip(seconds=2.0))
    visitor = visit()
    visitor.sign_in("ana")
    page = visitor.open_validation()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("i")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("o")
    selection = page.locator(".is-active .clip-view__selection")
    assert share_of(page, selection) == pytest.approx((0.5, 0.6), abs=0.01)
    reach = page.locator(".is-active .clip-view__reach").bounding_box()
    page.mouse.move(reach["x"] + 0.6 * reach["width"], reach["y"] + 40)
    page.mouse.down()
    page.mouse.move(reach["x"] + 0.8 * reach["width"], reach["y"] + 40, steps=4)
    page.mouse.up()
    assert share_of(page, selection) == pytest.approx((0.5, 0.8), abs=0.01)
    page.click(".transport [data-does=forget]")
    expect(selection).to_be_hidden()
    assert visitor.complaints == []


def share_of(page, selection) -> tuple[float, float]:
    outer = page.locator(".is-active .clip-view__reach").bounding_box()
    inner = selection.bounding_box()
    start = (inner["x"] - outer["x"]) / outer["width"]
    return start, start + inner["width"] / outer["width"]


def test_every_control_is_large_enough_for_a_finger_on_a_phone(world, visit):
    world.annotator()
    world.nominate(world.sounding_clip())
    visitor = visit(**PHONE)
    visitor.sign_in("ana")
    page = visitor.open_validation()
    for button in page.locator(".judging button:visible").all():
        box = button.bounding_box()
        assert box["height"] >= 44, (button.inner_text(), box)
        assert box["width"] >= 32, (button.inner_text(), box)
