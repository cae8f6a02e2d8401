"""What an operation is: who answers it, and what an account needs for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pomona.business_api.call import Answer, Call
from pomona.registry.api_accounts import Permission
from pomona.store import Tx

Shape = Literal["collection", "instance", "relationship", "related"]
Reads = Callable[[Tx, Call], Answer]
Work = Callable[[Tx], Answer]
Writes = Callable[[Call, bytes], Callable[[Tx], Answer | Work]]


@dataclass(frozen=True, slots=True)
class Read:
    """An operation that changes nothing: one function on a transaction."""

    answer: Reads


@dataclass(frozen=True, slots=True)
class Write:
    """An operation with a body: decoded outside of the transaction, then done in one.

    `permission` is None where it depends on the body. `large` bodies may be as big as an activity's; `most` is how many
    bytes a body may have where neither that nor the usual limit will do. One that `changes` nothing may take its time; it
    may also give what is to be done in a transaction after it.
    """

    prepare: Writes
    permission: Permission | None
    school: bool = False
    large: bool = False
    most: int | None = None
    changes: bool = True


Operation = Read | Write


class Endpoint(NamedTuple):
    """A path. `name` is the resource or the relationship it is of, which its refusals name.

    The School API knows nothing of one that is not of the `school`. A `managed` one is refused while the organisation's
    built-in device management is switched off.
    """

    shape: Shape
    name: str
    operations: dict[str, Operation]
    school: bool = True
    managed: bool = False
