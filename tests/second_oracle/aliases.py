"""The keys under which each field may be told; in every list the specific key stands before the generic one."""

from collections.abc import Mapping, Sequence

Aliases = dict[str, tuple[str, ...]]

TOTAL_KEYS = frozenset(
    {
        *(
            "total_order_amount",
            "totalOrderAmount",
            "order_total",
            "orderTotal",
            "order_amount",
            "orderAmount",
        ),
        *("total_account_amount", "totalAccountAmount", "corderamount", "caccountamount"),
        *("total_tax_amount", "totalTaxAmount", "total_shipping_amount", "totalShippingAmount"),
    }
)
"""Keys that name the order's own total: they are never added over the rows of one thing."""

LEGACY_MINOR_KEYS = frozenset({"corderamount", "caccountamount"})
RECEIPT_WORDS = (
    "receipt receipt_id receipt_number order_id order_number transaction_id sale_id ctransreceipt external_id"
)
GROSS_WORDS = (
    "total_order_amount order_total order_amount corderamount gross_amount gross sale_amount amount total"
)
ORDER_WORDS = "total_order_amount order_total order_amount corderamount gross_amount gross sale_amount total"
TIME_WORDS = "transaction_time ctranstime transaction_date occurred_at"


def _spelt(words: str) -> tuple[str, ...]:
    """Return the words, each followed by its camelCase form."""
    keys: list[str] = []
    for word in words.split():
        keys.extend([word, _camel(word)] if _camel(word) != word else [word])
    return tuple(keys)


def _camel(word: str) -> str:
    head, *rest = word.split("_")
    return head + "".join(part.capitalize() for part in rest)


_LISTS = {
    # the envelope
    "event_type": "event_type topic type event",
    "event_id": "event_id id delivery_id uuid",
    "created_at": "created_at created occurred_at event_time sent_at timestamp time",
    "account": "account_nickname account_id account nick_name site",
    "api_version": "api_version version",
    "is_test": "is_test test",
    "is_live": "livemode",
    # every transaction
    "receipt": RECEIPT_WORDS,
    "root_receipt": "root_receipt original_receipt parent_receipt",
    "transaction_type": "transaction_type txn_type ctransaction",
    "vendor": "vendor vendor_nickname seller pub_nick_name ctransvendor site",
    "affiliate": "affiliate affiliate_nickname aff_nick_name affiliate_id ctransaffiliate affi",
    "role": "role ctransrole",
    "currency": "currency currency_code ccurrency",
    "account_amount": "total_account_amount account_amount caccountamount net_amount earnings commission",
    "tax_amount": "total_tax_amount tax_amount tax",
    "shipping_amount": "total_shipping_amount shipping_amount shipping",
    "payment_method": "payment_method paytment_method pmt_type ctranspaymentmethod",
    "country": "country customer.country customer.billing.address.country"
    " customer.shipping.address.country commonTrackingParameters.country ccustcc",
    "tracking_id": "tracking_id tid trackingCodes.0 ctid promo vendorVariables.tid",
    "upsell": "upsell.upsellOriginalReceipt upsell_original_receipt cupsellreceipt",
    "is_rebill": "is_rebill",
    "payment_number": "payment_number rebill_number rebill_no",
    "line_items": "line_items line_item_data items products",
    # a sale
    "sale_at": f"sold_at sale_date {TIME_WORDS} created_at date",
    "sale_amount": GROSS_WORDS,
    # a refund
    "refund_at": f"refunded_at refund_date processed_at {TIME_WORDS} date",
    "refund_amount": f"refund_amount amount {ORDER_WORDS}",
    "refund_id": "refund_id ticket_id",
    "refund_status": "refund_status status",
    "refund_type": "refund_type",
    "is_partial": "is_partial",
    "refund_fee": "refund_fee fee_amount fee",
    # a chargeback
    "chargeback_at": f"disputed_at chargeback_date charged_back_at received_at {TIME_WORDS} date",
    "chargeback_amount": f"chargeback_amount amount {ORDER_WORDS}",
    "chargeback_id": "chargeback_id dispute_id case_id arn",
    "chargeback_status": "chargeback_status dispute_status status",
    "chargeback_fee": "chargeback_fee fee_amount fee",
    "original_at": "original_transaction_time sold_at sale_date purchase_date",
    # an alert
    "rule": "rule_id alert_id threshold_id id",
    "rule_name": "rule_name name title",
    "metric": "metric_name metric kpi alert_type",
    "comparator": "comparator comparison operator condition direction",
    "threshold_value": "threshold_value quantity_threshold threshold limit target",
    "claimed_value": "current_value actual_value evaluated_quantity actual value",
    "unit": "unit",
    "window_start": "window_start period_start timeframe_start",
    "window_end": "window_end period_end timeframe_end",
    "window_days": "window_days",
    "alert_at": "triggered_at fired_at reached_at",
    # a sync
    "sync_id": "sync_id job_id run_id id",
    "source": "source integration provider",
    "sync_status": "sync_status status",
    "started_at": "started_at",
    "completed_at": "completed_at finished_at synced_at last_synced_at",
    "range_start": "range_start start_date from",
    "range_end": "range_end end_date to",
    "records": "records_synced total_rows records rows",
    "sales_count": "sales_count",
    "refunds_count": "refunds_count",
    "chargebacks_count": "chargebacks_count",
    # a line; each also inside paymentPlan where it belongs to the plan
    "item_no": "item_no product_item_number sku product_id product.id cproditem item",
    "title": "product_title product_name product.name cprodtitle title",
    "price_amount": "product_price unit_price price customer_amount",
    "quantity": "quantity",
    "line_account_amount": "account_amount",
    "affiliate_payout": "affiliate_payout",
    "line_item_type": "line_item_type",
    "recurring": "recurring is_recurring",
    "payments_processed": "payments_processed processed_payments paymentPlan.paymentsProcessed",
    "payments_remaining": "payments_remaining future_payments paymentPlan.paymentsRemaining",
    "next_payment_date": "next_payment_date paymentPlan.nextPaymentDate",
    "rebill_amount": "rebill_amount paymentPlan.rebillAmount",
}
ENVELOPE_FIELDS = ("event_type", "event_id", "created_at", "account", "api_version", "is_test", "is_live")
SCOPES = (
    ("campaign", "campaign"),
    ("campaign_id", "campaign"),
    ("campaignId", "campaign"),
    ("tid", "tid"),
    ("product", "product"),
    ("item_no", "product"),
    ("itemNo", "product"),
    ("affiliate", "affiliate"),
    ("vendor", "vendor"),
    ("account", "account"),
)


def aliases(user_aliases: Mapping[str, Sequence[str]] | None = None) -> Aliases:
    """Return every field's keys; a user's own keys stand in front, since they are the most specific."""
    lists = {field: _spelt(words) for field, words in _LISTS.items()}
    for field, keys in (user_aliases or {}).items():
        lists[field] = (*keys, *lists.get(field, ()))
    return lists
