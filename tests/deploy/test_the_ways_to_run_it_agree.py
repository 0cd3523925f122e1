"""Compose, systemd and Kubernetes run the same processes, by variables that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from annotator.settings.env import VARIABLES, read_environment
from annotator.settings.env_sample import TO_SET, sample_text
from datasets_app.management.processes import worker_command
from ml_worker.contract import Queue

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NAMES = {variable.name for variable in VARIABLES} | {"DJANGO_SETTINGS_MODULE", "HARKEN_ENV_FILE"}
PROCESSES = ("web", "curation", "learning", "follower", "webhooks")


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def manifests() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [item for file in files for item in yaml.safe_load_all(file.read_text())]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {m["metadata"]["name"]: m for m in manifests() if m["kind"] == kind}


def unit(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / f"systemd/harken-{name}.service").read_text().splitlines():
        key, is_value, value = line.partition("=")
        if is_value:
            found.setdefault(key, []).append(value)
    return found


def pod(name: str) -> dict[str, Any]:
    return of_kind("Deployment")[f"harken-{name}"]["spec"]["template"]["spec"]


def after_python(words: list[str]) -> list[str]:
    return words[1:]


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_has_one_command_everywhere(name):
    by_systemd = after_python(unit(name)["ExecStart"][0].split())
    by_compose = after_python(compose()["services"][name]["command"])
    by_kubernetes = after_python(pod(name)["containers"][0]["command"])
    assert by_systemd == by_compose == by_kubernetes


@pytest.mark.parametrize("queue", list(Queue))
def test_a_worker_is_started_as_serve_starts_it(queue):
    command = after_python(unit(queue.value)["ExecStart"][0].split())
    assert command == after_python(worker_command(queue))


def test_every_queue_has_its_workers():
    assert {queue.value for queue in Queue} <= set(PROCESSES)
    scaled = of_kind("ScaledObject")["harken-learning"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == "harken-learning"
    assert scaled["triggers"][0]["metadata"]["listName"] == Queue.LEARNING.value
    assert "replicas" not in of_kind("Deployment")["harken-learning"]["spec"]


def test_the_environment_file_is_the_list_of_variables():
    assert (DEPLOY / "harken.env.sample").read_text(encoding="utf-8") == sample_text()


def test_the_environment_file_names_each_variable_once():
    lines = (DEPLOY / "harken.env.sample").read_text(encoding="utf-8").splitlines()
    named = [m[1] for line in lines if (m := re.match(r"#?([A-Z][A-Z_]+)=", line))]
    assert sorted(named) == sorted(variable.name for variable in VARIABLES)


def test_a_filled_in_environment_file_can_be_read(monkeypatch, tmp_path):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    text = sample_text().replace("\nSECRET_KEY=", "\nSECRET_KEY=" + "x" * 64)
    (tmp_path / "harken.env").write_text(re.sub(r"(?m)^#(?=[A-Z_]+=)", "", text))
    monkeypatch.setenv("HARKEN_ENV_FILE", str(tmp_path / "harken.env"))
    read = read_environment()
    expected = {v.name: v.default for v in VARIABLES if v.name not in TO_SET}
    shown = {name: read[name] for name in expected if name != "HARKEN_VAR_DIR"}
    assert shown == expected
    for name in NAMES & set(TO_SET):  # environs puts the file's values into the environment
        monkeypatch.delenv(name, raising=False)


def test_every_variable_that_is_set_anywhere_exists():
    services = compose()["services"]
    own = {n: s for n, s in services.items() if str(s.get("image", "")).startswith("harken:")}
    assert {"migrate", *PROCESSES} <= own.keys()
    for name, service in own.items():
        assert set(service["environment"]) <= NAMES, name
    assert set(of_kind("ConfigMap")["harken"]["data"]) <= NAMES
    for name in PROCESSES:
        assert {line.partition("=")[0] for line in unit(name)["Environment"]} <= NAMES
    dockerfile = (DEPLOY / "docker/Dockerfile").read_text()
    block = re.search(r"ENV PATH=.*?(?=\nUSER)", dockerfile, re.S)
    assert block
    set_there = set(re.findall(r"([A-Z_]+)=", block[0])) - {"PATH", "PYTHONUNBUFFERED"}
    assert set_there <= NAMES


def test_no_secret_stands_in_a_manifest():
    text = "".join(file.read_text() for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")))
    assert not of_kind("Secret")
    for workload in [*of_kind("Deployment").values(), *of_kind("Job").values()]:
        container = workload["spec"]["template"]["spec"]["containers"][0]
        assert {"secretRef": {"name": "harken-secrets"}} in container["envFrom"]
        assert "env" not in container
    assert not re.search(r"^\s*(SECRET_KEY|DATABASE_URL|METRICS_TOKEN):", text, re.M)


def test_ports_agree():
    assert "SITE_ADDRESS=0.0.0.0:8000" in (DEPLOY / "docker/Dockerfile").read_text()
    assert pod("web")["containers"][0]["ports"][0]["containerPort"] == 8000
    service = of_kind("Service")["harken-web"]["spec"]["ports"][0]
    assert service["targetPort"] == pod("web")["containers"][0]["ports"][0]["name"]
    assert "server web:8000;" in (DEPLOY / "nginx/harken-container.conf").read_text()
    default = next(v.default for v in VARIABLES if v.name == "SITE_ADDRESS")
    assert f"server {default};" in (DEPLOY / "nginx/harken.conf").read_text()


def test_images_agree():
    services = compose()["services"]
    images = {services[name]["image"] for name in ("migrate", *PROCESSES)}
    for workload in [*of_kind("Deployment").values(), *of_kind("Job").values()]:
        images.add(workload["spec"]["template"]["spec"]["containers"][0]["image"])
    assert images == {"harken:0.2.0"}


@pytest.mark.parametrize("name", PROCESSES)
def test_no_container_runs_as_root_or_without_limits(name):
    spec = pod(name)
    assert spec["securityContext"]["runAsNonRoot"] is True
    container = spec["containers"][0]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["resources"]["limits"]["memory"]
    assert compose()["services"][name]["read_only"] is True


@pytest.mark.parametrize("name", ["web", "curation", "learning", "follower"])
def test_whoever_can_be_asked_is_probed(name):
    container = pod(name)["containers"][0]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert name in " ".join(compose()["services"][name].get("healthcheck", {}).get("test", [name]))


def test_labels_and_selectors_fit():
    pods = {
        tuple(sorted(w["spec"]["template"]["metadata"]["labels"].items()))
        for w in of_kind("Deployment").values()
    }
    budget = of_kind("PodDisruptionBudget")["harken-web"]["spec"]["selector"]["matchLabels"]
    chosen = [of_kind("Service")["harken-web"]["spec"]["selector"], budget]
    chosen += [p["spec"]["podSelector"]["matchLabels"] for p in of_kind("NetworkPolicy").values()]
    for labels in chosen:
        assert any(set(labels.items()) <= set(own) for own in pods), labels


def test_the_kustomization_lists_every_manifest_but_the_migration():
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    there = {file.name for file in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert {*listed, "kustomization.yaml", "migrate-job.yaml"} == there


def test_files_that_compose_mounts_are_there():
    for volume in compose()["services"]["nginx"]["volumes"]:
        source = volume.split(":")[0]
        if source.startswith("./nginx"):
            assert (DEPLOY / source).is_file()
    assert set(compose()["volumes"]) >= {"var", "database", "broker", "objects"}


def test_the_target_wants_every_process():
    target = (DEPLOY / "systemd/harken.target").read_text()
    assert set(re.findall(r"harken-(\w+)\.service", target)) == set(PROCESSES)
