"""An import reads words as the macros do, and spells a column as ClickBank does."""

from __future__ import annotations

import duckdb
import pytest

from tests.exports import dialect
from transforms.definitions.export_dialect import role, transaction_type
from transforms.definitions.sql_file import SQL_DIR
from transforms.definitions.vocabulary import vocabulary_macros

WORDS = (
    "SALE", "Sale", "Rebill", "bill", "REFUND", "Full refund", "rfnd", "Fee", "CGBK", "Chargeback", "insf",
    "SUBSCRIPTION-CHG 7->9", "CancelRebill", "CANCEL-REBILL", "TEST_SALE", "testing", "SALES", "S", "",
    "UNCANCEL-REBILL", "SUBSCRIPTION-DETAIL", "Seller", "PRIMARY AFFILIATE", "primary_seller", "JV",
    "Upsell JV contract", "somebody",
)  # fmt: skip


def test_words_mean_what_they_mean_to_the_models() -> None:
    with duckdb.connect() as connection:
        connection.execute((SQL_DIR / "macros" / "text.sql").read_text("utf-8"))
        for macro in vocabulary_macros():
            connection.execute(macro)
        for word in WORDS:
            found = connection.execute("select transaction_type_of($1), role_of($1)", [word]).fetchone()
            assert found is not None
            own = transaction_type(word)
            told = found[0] and (found[0]["transaction_type"], found[0]["event_type"], found[0]["is_test"])
            assert (own and own[:3]) == told, word
            assert role(word) == found[1]


@pytest.mark.parametrize(
    ("column", "spelling"),
    [
        ("Receipt Number", "receiptNumber"),
        ("RECEIPT_NUMBER", "receiptNumber"),
        ("txn-type", "txnType"),
        ("Role On Transaction", "roleOnTransaction"),
        ("Parent Transaction Receipt", "parent_transaction_receipt"),
        ("A New Column", "A New Column"),
    ],
)
def test_a_column_is_known_without_case_and_separators(column: str, spelling: str) -> None:
    assert dialect().spelling(column) == spelling
