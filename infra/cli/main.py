"""The `reelate` command."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra.cli import commands
from infra.cli.reindex import TYPES
from infra.local.cloud import Cloud
from infra.local.failure import CloudError
from infra.local.layout import Layout

INTERRUPTED = 130


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="reelate", description="Drive Reelate from a shell.")
    top.add_argument(
        "--state", type=Path, metavar="DIR", help="the local cloud's folder (default: .reelate)"
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def verb(name: str, run: Callable[..., int], words: str) -> argparse.ArgumentParser:
        found = verbs.add_parser(name, help=words, description=words)
        found.set_defaults(run=run)
        return found

    up = verb("up", commands.up, "start the local cloud, deploy what changed, print URL and key")
    up.add_argument("--port", type=int, help="port of the API (chosen once, then kept)")
    verb("down", commands.down, "stop the local cloud; its data stays")
    verb("reset", commands.reset, "stop the local cloud and forget its data")
    verb("status", commands.status, "what runs, and where")
    verb("env", commands.env, 'shell lines for `eval "$(reelate env)"`: URL and key')
    logs = verb("logs", commands.logs, "what the cloud's programs, or one function, say")
    logs.add_argument("function", nargs="?", help="such as video-encode")
    logs.add_argument("--follow", "-f", action="store_true", help="go on until Ctrl-C")
    verb("demo", commands.demo, "the whole story on the sample call")
    upload = verb("upload", commands.upload, "upload a video, go on where it stopped")
    upload.add_argument("file", type=Path)
    upload.add_argument("--contact", action="append", default=[], metavar="ID")
    upload.add_argument("--deal", action="append", default=[], metavar="ID")
    upload.add_argument("--title", help="default: the file's name")
    upload.add_argument("--no-watch", action="store_true", help="do not follow the pipeline")
    watch = verb("watch", commands.watch, "follow a video through the pipeline")
    watch.add_argument("video")
    _workspace(verb("workspace", commands.workspace, "create a workspace, or set its limits"))
    redrive = verb("redrive", commands.redrive, "move dead letters back to their queue")
    redrive.add_argument("queue", nargs="?", help="without it, lists the dead-letter queues")
    redrive.add_argument("--peek", action="store_true", help="only show some of the messages")
    redrive.add_argument("--stage", help="in AWS, with your credentials; default: local")
    audit = verb("audit", commands.audit, "verify a workspace's audit log against its seals")
    audit.add_argument("act", choices=["verify"])
    audit.add_argument("--workspace", required=True, metavar="ID")
    audit.add_argument("--from", dest="since", metavar="TIME", help="default: the first entry")
    audit.add_argument("--to", dest="until", metavar="TIME", help="default: now")
    audit.add_argument("--stage", help="in AWS, with your credentials; default: local")
    reindex = verb("reindex", commands.reindex, "bring a workspace's lists and searches up to date")
    reindex.add_argument("--workspace", required=True, metavar="ID")
    reindex.add_argument(
        "--type", action="append", choices=TYPES, metavar="TYPE", help="default: all types"
    )
    reindex.add_argument(
        "--run", dest="named", metavar="NAME", help="go on with a run that broke off"
    )
    reindex.add_argument("--stage", help="in AWS, with your credentials; default: local")
    verb("doctor", commands.doctor, "check this machine and the local cloud")
    for name, run, words in (
        ("synth", commands.synth, "write and check a stage's CloudFormation templates"),
        ("deploy", commands.deploy, "deploy a stage to AWS"),
    ):
        verb(name, run, words).add_argument("--stage", default="dev")
    return top


def _workspace(found: argparse.ArgumentParser) -> None:
    acts = found.add_subparsers(dest="act", required=True, metavar="ACT")
    create = acts.add_parser("create", help="make a workspace with its own key")
    create.add_argument("name")
    create.add_argument("--admin", metavar="EMAIL", help="the first person, who may sign in")
    limits = acts.add_parser("limits", help="show, or set, rates and quotas")
    limits.set_defaults(run=commands.limits)
    limits.add_argument("--workspace", required=True, metavar="ID")
    for whose, words in (("rate", "each credential"), ("workspace-rate", "all of them together")):
        limits.add_argument(
            f"--{whose}", type=float, metavar="N", help=f"requests a second of {words}"
        )
    for whose, of in (("burst", "--rate"), ("workspace-burst", "--workspace-rate")):
        limits.add_argument(
            f"--{whose}", type=int, metavar="N", help=f"at once; default: four times {of}"
        )
    limits.add_argument(
        "--quota", action="append", default=[], metavar="KIND=N",
        help="stored_bytes, encoders, encoded_minutes, converted_minutes, transcribed_minutes, "
        "model_tokens; N or `default`",
    )  # fmt: skip
    for each in (create, limits):
        each.add_argument("--stage", help="in AWS, with your credentials; default: local")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 fine, 1 refused, 2 the cloud cannot do it."""
    chosen = parser().parse_args(arguments)
    console = Console(highlight=False)
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    cloud = Cloud(
        Layout.at(chosen.state),
        api_port=getattr(chosen, "port", None),
        say=lambda line: errors.print(line, style="dim", markup=False),
    )
    try:
        return int(chosen.run(chosen, cloud, console))
    except CloudError as error:
        errors.print(error.sentence, style="red", markup=False)
        if error.way_out:
            errors.print(error.way_out, markup=False)
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        errors.print(f"AWS says: {error}", style="red", markup=False)
        errors.print("Check the credentials and the region, and that the stage is deployed.")
        return 2
    except KeyboardInterrupt:
        errors.print("Stopped. The same command goes on where it left off.")
        return INTERRUPTED
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
