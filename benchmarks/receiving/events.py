"""The events of the load: sales of about 700 bytes."""

from __future__ import annotations

import json

from ingest.receiver.endpoints import COMMAND_CENTER

SECRET = "benchmark-secret-of-32-bytes-long"
PATH = COMMAND_CENTER.path


def event(number: int) -> bytes:
    data = {
        "receipt": f"{number:08X}",
        "transactionTime": "2026-03-01T12:00:00-08:00",
        "transactionType": "SALE",
        "vendor": "examplevnd",
        "affiliate": "exampleaff",
        "role": "VENDOR",
        "totalAccountAmount": 21.32,
        "totalOrderAmount": 49.95,
        "totalTaxAmount": 2.95,
        "currency": "USD",
        "paymentMethod": "VISA",
        "lineItems": [
            {"itemNo": "7", "productTitle": "A product", "quantity": 1, "lineItemType": "STANDARD"}
        ],
        "customer": {"billing": {"firstName": "Ada", "lastName": "Invented", "email": "ada@example.com"}},
        "trackingCodes": ["spring", "mail"],
    }  # fmt: skip
    return json.dumps({"id": f"evt_{number}", "type": "sale.created", "data": data}).encode()
