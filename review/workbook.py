"""A case file as an XLSX workbook (工作底稿), in which no cell is a formula or a link."""

from __future__ import annotations

import io

import polars as pl
import xlsxwriter

from data.errors import InputError
from pipelines.inert import inert_texts
from review.casefile import CaseFile

# What a sheet holds, its head row included, and a cell: the format's own limits.
MOST_ROWS, MOST_CHARS = 1_048_576, 32_767
WIDEST = 60
OPTIONS = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip


def workbook(file: CaseFile) -> bytes:
    """Write all sheets of a case file, each row of it.

    Raises:
        InputError: a sheet has more rows, or a cell more characters, than the format holds.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"comments": f"{file.stamp.run} {file.stamp.published_sha256}"})
        head = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        yuan = book.add_format({"num_format": "#,##0.00"})
        for title, frame in file.sheets.items():
            if frame.height + 1 > MOST_ROWS:
                raise InputError(
                    f"“{title}”有 {frame.height:,} 行，超出 XLSX 的上限，拒绝导出 / {title} has "
                    f"{frame.height:,} rows, more than XLSX holds; refused"
                )
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.set_footer(f"&L{file.stamp.run}&R{file.stamp.published_sha256[:16]}  &P/&N")
            texts = inert_texts(frame)
            for column, name in enumerate(texts.columns):
                cells = texts[name].to_list()
                sheet.write_string(0, column, name, head)
                kind = texts.schema[name]
                longest = max((len(str(cell)) for cell in cells[:200]), default=0)
                sheet.set_column(column, column, min(max(longest, len(name) * 2) + 2, WIDEST))
                for row, cell in enumerate(cells, start=1):
                    if kind == pl.String:
                        if len(cell) > MOST_CHARS:
                            raise InputError(
                                "有一格超出 XLSX 的字数上限，拒绝导出 / a text is longer than XLSX "
                                "holds; refused"
                            )
                        sheet.write_string(row, column, cell, wrapped)
                    else:
                        sheet.write_number(
                            row, column, cell, yuan if kind == pl.Float64 else None
                        )  # fmt: skip
    return buffer.getvalue()
