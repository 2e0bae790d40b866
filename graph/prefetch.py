"""Asks memory for what a pass will touch a few rows later, so that it does not wait there."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def _fetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Ask for the line of memory that holds a place of a contiguous array; changes nothing.

    `place` counts elements from the array's first and must lie within it.
    """

    insert: Any = cgutils.get_or_insert_function

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        wide = arguments[1]
        if wide.type.width < 64:
            wide = builder.sext(wide, ir.IntType(64))
        address = builder.bitcast(builder.gep(held.data, [wide]), cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        asked = insert(builder.module, kind, "llvm.prefetch.p0i8")
        # For writing, to be kept close, data and not code.
        builder.call(asked, [address, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


# Called as fetch(array, place) inside a compiled function.
fetch: Any = _fetch
