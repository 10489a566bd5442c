"""Rows of jobs and their outcomes, commands, push messages, audit trail and usage logs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dev.homepot.pg import as_json
from dev.homepot.sample.base import ADMIN_ID
from dev.homepot.sample.readings import REAL
from dev.homepot.sample.world import Device, Site, World

Rows = list[dict[str, Any]]

ACTIONS = ("config_update", "firmware_update", "restart_app", "collect_logs", "Update POS payment config")
PARTIAL_JOB = 12
UNREACHABLE_JOBS = {4, 13, 22, 31}
FAILED_COMMAND = 9
FAILED_REQUEST = 77
COMMANDS = ("ping", "status_request", "restart_pos_app", "health_check")
PROVIDERS = ("fcm", "wns", "apns")
DOWNLOAD_FAILED = ("DOWNLOAD_TIMEOUT", "Download of the configuration timed out after 120 s")
PARTIAL = ("PUSH_PARTIAL", "Failed to send push to 2/5 devices")
UNREACHABLE = ("DEVICE_UNREACHABLE", "Device did not acknowledge within 300 s")


@dataclass(frozen=True)
class Job:
    """One job as both tables tell it; `error` is code and message, and a site's job has no device."""

    site: Site
    device: Device | None
    action: str
    at: datetime
    error: tuple[str, str] | None = None
    status: str = "completed"

    @property
    def seconds(self) -> int:
        """How long it ran."""
        return 120 if self.error else 5


def work_rows(world: World) -> dict[str, Rows]:
    """The tables' rows, oldest first, with ids that follow time."""
    jobs = sorted(_jobs(world), key=lambda job: job.at)
    return {
        "jobs": [_job(world, number, job) for number, job in enumerate(jobs, start=1)],
        "job_outcomes": _outcomes(world, jobs),
        "device_commands": _commands(world),
        "push_notification_logs": _pushes(world, jobs),
        "audit_logs": _audit(world, jobs),
        "user_activities": _activities(world),
        "api_request_logs": _requests(world),
    }


def _jobs(world: World) -> list[Job]:
    """A job every four and a half hours for a week; the failing tablet's five of the last six hours; two open ones."""
    calm = [device for device in world.living if not device.faults]
    jobs = []
    for number in range(36):
        device = calm[(number * 7) % len(calm)]
        whole_site = number % 3 == 0
        error = UNREACHABLE if number in UNREACHABLE_JOBS else PARTIAL if number == PARTIAL_JOB else None
        at = world.ago(hours=4.5 * number + 1.5)
        status = "failed" if error else ("acknowledged" if whole_site else "completed")
        action = ACTIONS[number % len(ACTIONS)]
        jobs.append(Job(device.site, None if whole_site else device, action, at, error, status))
    tablet = world.device("Old Town Depot", "Yard Gate Tablet")
    for number in range(5):
        at = world.ago(minutes=350 - 75 * number)
        jobs.append(Job(tablet.site, tablet, "config_update", at, DOWNLOAD_FAILED, "failed"))
    jobs.append(Job(calm[3].site, calm[3], "firmware_update", world.ago(minutes=4), status="sent"))
    jobs.append(Job(calm[5].site, None, "collect_logs", world.ago(minutes=2), status="pending"))
    return jobs


def _job_id(world: World, number: int) -> str:
    return f"job-{world.uuid('job', number)[:8]}"


def _job(world: World, number: int, job: Job) -> dict[str, Any]:
    done = job.at + timedelta(seconds=job.seconds)
    is_open = job.status in {"sent", "pending"}
    return {
        "id": number,
        "job_id": _job_id(world, number),
        "action": job.action,
        "description": f"{job.action} for {job.device.name if job.device else job.site.name}",
        "priority": ("normal", "high", "low")[number % 3],
        "status": job.status,
        "site_id": job.site.id,
        "device_id": job.device.id if job.device else None,
        "segment": None if job.device else "pos-terminals",
        "payload": "null" if number % 5 == 0 else as_json({"config_version": "2.1.0"}),
        "config_url": None,
        "config_version": "2.1.0" if job.action == "config_update" else None,
        "ttl_seconds": 300,
        "collapse_key": None,
        "scheduled_at": None,
        "started_at": None if job.status == "pending" else job.at,
        "completed_at": None if is_open else done,
        "result": None,
        "error_message": job.error[1] if job.error else None,
        "created_by": ADMIN_ID,
        "created_at": job.at,
        "updated_at": job.at if is_open else done,
    }


def _outcomes(world: World, jobs: list[Job]) -> Rows:
    """Finished jobs; the orchestrator's rows name no device and keep the integer site id in JSON."""
    rows: Rows = []
    for number, job in enumerate(jobs, start=1):
        if job.status in {"sent", "pending"}:
            continue
        pushes = {"total_devices": 5, "successful_pushes": 3 if job.error else 5, "site_id": job.site.id}
        rows.append(
            {
                "id": len(rows) + 1,
                "timestamp": (job.at + timedelta(seconds=job.seconds)).replace(tzinfo=None),
                "job_id": _job_id(world, number),
                "job_type": job.action,
                "device_id": job.device.device_id if job.device else None,
                "status": "failed" if job.error else _success(number),
                "duration_ms": job.seconds * 1000,
                "error_code": job.error[0] if job.error else None,
                "error_message": job.error[1] if job.error else None,
                "retry_count": 3 if job.error else 0,
                "initiated_by": str(ADMIN_ID) if job.device else "orchestrator",
                "extra_data": "null" if job.device else as_json(pushes),
                "provenance": REAL if job.device else None,
            }
        )
    return rows


def _success(number: int) -> str:
    """Mostly `success`, with the two other spellings that readers meet."""
    return {11: "completed", 17: "Success"}.get(number, "success")


def _commands(world: World) -> Rows:
    rows = []
    for number in range(1, 25):
        device = world.living[(number * 5) % len(world.living)]
        at = world.ago(hours=50 - 2 * number)
        status = "failed" if number == FAILED_COMMAND else "expired" if number % 8 == 0 else "completed"
        rows.append(
            {
                "id": number,
                "command_id": world.uuid("command", number),
                "device_id": device.id,
                "command_type": COMMANDS[number % len(COMMANDS)],
                "payload": "null",
                "status": status,
                "result": as_json({"message": "done"}) if status == "completed" else None,
                "created_at": at,
                "sent_at": at + timedelta(seconds=2),
                "executed_at": at + timedelta(seconds=9),
            }
        )
    return rows


def _pushes(world: World, jobs: list[Job]) -> Rows:
    rows = []
    for number, job in enumerate(jobs, start=1):
        sent = job.at.replace(tzinfo=None)
        lost = job.error is not None
        rows.append(
            {
                "id": number,
                "message_id": f"msg-{number:04}",
                "device_id": job.device.device_id if job.device else None,
                "job_id": _job_id(world, number),
                "provider": PROVIDERS[number % len(PROVIDERS)],
                "payload": as_json({"title": job.action}),
                "sent_at": sent,
                "received_at": None if lost else sent + timedelta(milliseconds=150),
                "latency_ms": None if lost else 150,
                "status": "failed" if lost else "delivered",
                "error_code": "UNREGISTERED" if lost else None,
                "error_message": "Device token is not registered" if lost else None,
            }
        )
    return rows


def _audit(world: World, jobs: list[Job]) -> Rows:
    rows = []
    for number, job in enumerate(jobs, start=1):
        rows.append(
            {
                "id": number,
                "event_type": "job_created",
                "description": f"Job {_job_id(world, number)} created for site {job.site.site_id}",
                "user_id": ADMIN_ID,
                "job_id": number,
                "device_id": job.device.id if job.device else None,
                "site_id": job.site.id,
                "old_values": "null",
                "new_values": "null",
                "event_metadata": as_json({"action": job.action}),
                "ip_address": "10.0.0.5",
                "user_agent": "HOMEPOT-Client/1.0",
                "created_at": job.at,
            }
        )
    return rows


def _activities(world: World) -> Rows:
    return [
        {
            "id": number,
            "timestamp": world.naive_ago(hours=40 - 2 * number),
            "user_id": "ada@homepot.example",
            "session_id": f"sess-{number // 4}",
            "activity_type": "page_view",
            "page_url": "/devices",
            "element_id": f"btn-{number}",
            "search_query": None,
            "extra_data": "null",
            "duration_ms": 900 + 40 * number,
        }
        for number in range(1, 19)
    ]


def _requests(world: World) -> Rows:
    return [
        {
            "id": number,
            "timestamp": world.naive_ago(minutes=12 * (121 - number)),
            "endpoint": "/api/v1/devices" if number % 3 else "/health",
            "method": "GET",
            "status_code": 500 if number == FAILED_REQUEST else 200,
            "response_time_ms": 20.0 + number % 17,
            "user_id": None,
            "ip_address": "10.0.0.5",
            "user_agent": "HOMEPOT-Client/1.0",
            "error_message": "Internal Server Error" if number == FAILED_REQUEST else None,
            "request_size_bytes": 0,
            "response_size_bytes": 512,
        }
        for number in range(1, 121)
    ]
