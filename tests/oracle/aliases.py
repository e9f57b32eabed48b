"""The names under which a body may give each field, in the order in which they are tried.

A dot steps into an object, `[0]` into a list. Where the contract's list lacks the field's own name, that name
is tried last. Each amount may also be given in cents, as its name with `_cents`, after all its plain names.
"""

EVENT_ID = ("id", "event_id", "eventId", "delivery_id", "uuid")
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
    return (*names, *(f"{name}_cents" for name in names if name not in LEGACY_CENTS and name.islower()))


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
    "refund_amount": (
        *(*_with_cents(("refund_amount", "refundAmount")), "amount"),
        *(name for name in _with_cents(_GROSS) if name != "amount"),
    ),
    "chargeback_amount": (
        *_with_cents(("chargeback_amount", "chargebackAmount", "dispute_amount")),
        *_with_cents(_GROSS),
    ),
    "chargeback_fee": _with_cents(("chargeback_fee", "fee", "fee_amount")),
    "threshold_value": ("threshold", "threshold_value", "limit", "target", "quantity_threshold"),
    "current_value": ("value", "current_value", "actual", "actual_value", "evaluated_quantity"),
    "line_price": (
        *("productPrice", "product_price", "price", "price_amount", "customerAmount", "customer_amount"),
        *("product_price_cents", "price_cents", "price_amount_cents", "customer_amount_cents"),
    ),
    "line_jv": ("jvPayout", "jv_payout"),
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
    "payment_number": (
        *("payment_number", "paymentNumber", "payment_no", "rebill_number", "rebillNumber", "rebill_no"),
        *("rebillNo", "payments_processed", "paymentsProcessed", "processed_payments", "processedPayments"),
    ),
    "payments_processed": (
        *("paymentsProcessed", "payments_processed", "processedPayments", "processed_payments"),
    ),
    "refund_status": ("refund_status", "refundStatus", "status"),
    "refund_id": ("refund_id", "refundId", "ticketId", "ticket_id"),
    "refund_type": ("refundType", "refund_type"),
    "is_partial": ("is_partial", "isPartial"),
    "chargeback_id": ("chargeback_id", "dispute_id", "case_id", "arn"),
    "chargeback_status": ("status",),
    "item_no": ("itemNo", "item_no", "product_id", "sku"),
    "title": ("productTitle", "product_title", "title", "product_name", "name"),
    "synthetic_item_no": _PRODUCT,
    "synthetic_title": _TITLE,
    "quantity": ("quantity",),
    "line_item_type": ("lineItemType", "line_item_type"),
    "is_recurring": ("recurring", "is_recurring"),
    "rule_id": ("alert_id", "alertId", "threshold_id", "rule_id", "id"),
    "metric": ("metric", "metric_name", "kpi", "alert_type"),
    "comparator": ("condition", "operator", "comparison", "direction", "comparator"),
    "unit": ("unit",),
    "alert_currency": ("currency", "currency_code", "currencyCode"),
    "scope_type": ("scope_type", "scopeType"),
    "scope_value": ("scope_value", "scopeValue"),
    "sync_id": ("sync_id", "syncId", "job_id", "jobId", "run_id", "runId", "id"),
    "source": ("source", "integration", "provider"),
    "sync_status": ("status",),
    "is_sync_finished": ("is_sync_finished",),
    "failed_job_count": ("failed_job_count",),
    "records": (
        *("records", "records_synced", "recordsSynced", "rows", "total_rows", "totalRows", "counts.records"),
        *("counts.records_synced", "counts.total"),
    ),
    "sales_count": ("sales_count", "salesCount", "counts.sales", "counts.sales_count"),
    "refunds_count": ("refunds_count", "refundsCount", "counts.refunds", "counts.refunds_count"),
    "chargebacks_count": (
        *("chargebacks_count", "chargebacksCount", "counts.chargebacks", "counts.chargebacks_count"),
    ),
    "inserted": ("inserted", "counts.inserted"),
    "updated": ("updated", "counts.updated"),
}

SCOPES = {
    "campaign": ("campaign", "campaign_id"),
    "tid": ("tid", "tracking_id"),
    "product": ("product",),
    "item_no": ("item_no", "itemNo"),
    "affiliate": ("affiliate",),
    "vendor": ("vendor",),
    "account": ("account",),
}

TIME = {
    "sale": (*_TIME_FIRST, "sale_date", "sold_at", "created_at", "ctranstime"),
    "refund": (*_TIME_FIRST, "refund_date", "refunded_at", "processed_at", "ctranstime"),
    "chargeback": (*_TIME_FIRST, "chargeback_date", "received_at", "disputed_at", "ctranstime"),
    "original_sale": ("original_transaction_time", "sale_date", "purchaseDate"),
    "alert": ("triggered_at", "triggeredAt", "fired_at", "firedAt", "reached_at", "reachedAt"),
    "sync": (
        *("completed_at", "completedAt", "finished_at", "finishedAt", "synced_at", "syncedAt"),
        *("last_synced_at", "lastSyncedAt"),
    ),
    "started_at": ("started_at", "startedAt"),
    "window_start": (
        *("window_start", "windowStart", "period_start", "periodStart", "timeframe_start"),
        "timeframeStart",
    ),
    "window_end": (*("window_end", "windowEnd", "period_end", "periodEnd", "timeframe_end", "timeframeEnd"),),
    "range_start": ("range_start", "rangeStart", "start_date", "startDate", "from"),
    "range_end": ("range_end", "rangeEnd", "end_date", "endDate", "to"),
}

# An object is a line if it has any of these.
_LINE_FIELDS = (
    *(TEXT[name] for name in ("item_no", "title", "quantity", "line_item_type", "is_recurring")),
    *(MONEY[name] for name in ("line_price", "line_account", "line_affiliate")),
    ("productDiscount", "product_discount", "jvPayout", "jv_payout", "taxAmount", "tax_amount"),
    ("shippingAmount", "shipping_amount", "paymentsProcessed", "payments_processed", "processedPayments"),
    ("processed_payments", "paymentsRemaining", "payments_remaining", "futurePayments", "future_payments"),
    ("nextPaymentDate", "next_payment_date", "rebillAmount", "rebill_amount"),
)
LINE_KEYS = tuple(key for keys in _LINE_FIELDS for key in keys)
