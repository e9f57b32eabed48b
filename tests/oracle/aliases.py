"""The names under which a body may give each field, in the order in which they are tried.

A dot steps into an object, `[0]` into a list. Where the contract's list lacks the field's own name, that name
is tried last. Each amount may also be given in cents, as its name with `_cents`, after all its plain names.
"""

EVENT_ID = ("id", "event_id", "eventId", "webhook_id", "delivery_id", "uuid")
EVENT_TYPE = ("type", "event", "event_type", "eventType", "topic")
CREATED_AT = (
    *("created_at", "createdAt", "created", "timestamp", "occurred_at", "event_time", "time", "sent_at"),
)
ACCOUNT = ("account", "account_id", "accountId", "account_nickname", "nickName", "site")
TEST_FLAG = ("test", "is_test", "isTest")
LIVE_FLAG = ("livemode",)
API_VERSION = ("api_version", "apiVersion", "version")
DATA = ("data", "payload", "object")
ENVELOPE_KEYS = frozenset(
    (*EVENT_ID, *EVENT_TYPE, *CREATED_AT, *ACCOUNT, *TEST_FLAG, *LIVE_FLAG, *API_VERSION, *DATA)
)

LEGACY_CENTS = frozenset({"corderamount", "caccountamount"})
LINE_LISTS = ("line_items", "lineItems", "lineItemData", "items", "products")

_GROSS = (
    *("total_order_amount", "totalOrderAmount", "order_total", "order_amount", "gross_amount", "gross"),
    *("sale_amount", "amount", "total", "corderamount"),
)
_TIME_FIRST = ("transaction_time", "transactionTime", "transaction_date", "occurred_at", "date")
_PRODUCT = ("product_id", "sku", "itemNo", "item_no", "product.id", "cproditem")
_TITLE = ("product_title", "productTitle", "product_name", "product.name")


def _with_cents(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*names, *(f"{name}_cents" for name in names if name not in LEGACY_CENTS))


MONEY = {
    "gross_amount": _with_cents(_GROSS),
    "account_amount": _with_cents(
        (
            *("total_account_amount", "totalAccountAmount", "account_amount", "accountAmount", "net_amount"),
            *("earnings", "commission", "caccountamount"),
        )
    ),
    "tax_amount": _with_cents(("total_tax_amount", "totalTaxAmount", "tax", "tax_amount")),
    "shipping_amount": _with_cents(
        ("total_shipping_amount", "totalShippingAmount", "shipping", "shipping_amount")
    ),
    "refund_amount": _with_cents(("refund_amount", "refundAmount", *_GROSS)),
    "chargeback_amount": _with_cents(("chargeback_amount", "chargebackAmount", "dispute_amount", *_GROSS)),
    "threshold_value": ("threshold", "threshold_value", "limit", "target", "quantity_threshold"),
    "current_value": ("value", "current_value", "actual", "actual_value", "evaluated_quantity"),
    "line_price": _with_cents(
        ("productPrice", "product_price", "price", "price_amount", "customerAmount", "customer_amount")
    ),
    "line_account": _with_cents(("accountAmount", "account_amount")),
    "line_affiliate": _with_cents(("affiliatePayout", "affiliate_payout")),
}

TEXT = {
    "receipt": (
        *("receipt", "receipt_id", "receiptId", "receiptNumber", "receipt_number", "order_id", "orderId"),
        *("order_number", "transaction_id", "transactionId", "sale_id", "saleId", "ctransreceipt"),
        "external_id",
    ),
    "root_receipt": ("root_receipt", "original_receipt", "parent_receipt"),
    "transaction_type": ("transaction_type", "transactionType", "txn_type", "txnType", "ctransaction"),
    "vendor": ("vendor", "vendor_nickname", "seller", "pubNickName", "ctransvendor"),
    "affiliate": ("affiliate", "affiliate_nickname", "affNickName", "affiliate_id", "ctransaffiliate"),
    "role": ("role", "ctransrole"),
    "currency": ("currency", "currency_code", "currencyCode", "ccurrency"),
    "payment_method": ("payment_method", "paymentMethod", "paytmentMethod", "ctranspaymentmethod"),
    "country": (
        *("country", "customer.country", "customer.billing.address.country"),
        *("customer.shipping.address.country", "commonTrackingParameters.country", "ccustcc"),
    ),
    "tracking_id": ("tracking_id", "trackingId", "tid", "trackingCodes[0]", "ctid", "vendorVariables.tid"),
    "upsell_original_receipt": (
        *("upsell.upsellOriginalReceipt", "upsell_original_receipt", "cupsellreceipt"),
    ),
    "is_rebill": ("is_rebill", "isRebill"),
    "refund_id": ("refund_id", "refundId", "ticketId", "ticket_id"),
    "refund_type": ("refundType", "refund_type"),
    "is_partial": ("is_partial", "isPartial"),
    "chargeback_id": ("chargeback_id", "dispute_id", "case_id", "arn"),
    "chargeback_status": ("status",),
    "item_no": ("itemNo", "item_no", *_PRODUCT[:2], *_PRODUCT[4:]),
    "title": ("productTitle", "title", *_TITLE, "name"),
    "synthetic_item_no": _PRODUCT,
    "synthetic_title": _TITLE,
    "quantity": ("quantity",),
    "line_item_type": ("lineItemType", "line_item_type"),
    "is_recurring": ("recurring", "is_recurring"),
    "rule_id": ("alert_id", "alertId", "threshold_id", "rule_id", "id"),
    "metric": ("metric", "metric_name", "kpi", "alert_type"),
    "comparator": ("condition", "operator", "comparison", "direction", "comparator"),
    "unit": ("unit",),
    "scope_type": ("scope_type",),
    "scope_value": ("scope_value",),
    "sync_id": ("sync_id", "job_id", "run_id", "id"),
    "source": ("source", "integration", "provider"),
    "sync_status": ("status",),
    "is_sync_finished": ("is_sync_finished",),
    "failed_job_count": ("failed_job_count",),
    "records": ("records", "records_synced", "rows", "total_rows"),
}

SCOPES = ("campaign", "campaign_id", "tid", "product", "item_no", "affiliate", "vendor", "account")
SYNC_COUNTS = ("sales_count", "refunds_count", "chargebacks_count")

TIME = {
    "sale": (*_TIME_FIRST, "sale_date", "sold_at", "created_at", "ctranstime"),
    "refund": (*_TIME_FIRST, "refund_date", "refunded_at", "processed_at", "ctranstime"),
    "chargeback": (*_TIME_FIRST, "chargeback_date", "received_at", "disputed_at", "ctranstime"),
    "original_sale": ("original_transaction_time", "sale_date", "purchaseDate"),
    "alert": ("triggered_at", "fired_at", "reached_at"),
    "sync": ("completed_at", "finished_at", "synced_at", "last_synced_at"),
    "started_at": ("started_at",),
    "window_start": ("window_start", "period_start", "timeframe_start"),
    "window_end": ("window_end", "period_end", "timeframe_end"),
    "range_start": ("range_start", "start_date", "from"),
    "range_end": ("range_end", "end_date", "to"),
}
