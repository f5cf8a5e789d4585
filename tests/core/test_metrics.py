"""Metrics: counted by template, method and status class; the number of series stays bounded."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from app.core import metrics
from app.core.metrics import HttpMetrics


def test_requests_are_counted_and_timed_by_template() -> None:
    registry = CollectorRegistry()
    http = HttpMetrics(registry)
    http.observe("GET", "/v1/staff/customers/{id}", 200, 0.004)
    http.observe("GET", "/v1/staff/customers/{id}", 204, 0.2)
    http.observe("GET", "/v1/staff/customers/{id}", 404, 0.001)
    labels = {"method": "GET", "route": "/v1/staff/customers/{id}", "status": "2xx"}
    assert registry.get_sample_value("salvaguarda_http_requests_total", labels) == 2
    assert registry.get_sample_value("salvaguarda_http_request_seconds_count", labels) == 2
    fast = {**labels, "le": "0.005"}
    assert registry.get_sample_value("salvaguarda_http_request_seconds_bucket", fast) == 1
    refused = {**labels, "status": "4xx"}
    assert registry.get_sample_value("salvaguarda_http_requests_total", refused) == 1


def test_invented_methods_share_one_series() -> None:
    registry = CollectorRegistry()
    http = HttpMetrics(registry)
    for number in range(100):
        http.observe(f"INVENTED{number}", "unmatched", 405, 0.001)
    labels = {"method": "OTHER", "route": "unmatched", "status": "4xx"}
    assert registry.get_sample_value("salvaguarda_http_requests_total", labels) == 100
    assert b"INVENTED" not in generate_latest(registry)


def test_the_process_is_on_view() -> None:
    assert b"process_resident_memory_bytes" in metrics.exposition({})


def test_several_processes_are_added_up(tmp_path: Path) -> None:
    program = (
        "from app.core.metrics import HTTP, exposition\n"
        "HTTP.observe('GET', '/x', 200, 0.1)\n"
        "print(exposition({}).decode())\n"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    series = 'salvaguarda_http_requests_total{method="GET",route="/x",status="2xx"}'
    assert f"{series} 1.0" in outputs[0]
    assert f"{series} 2.0" in outputs[1]
