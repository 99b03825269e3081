"""First tables."""

import sqlalchemy as sa
from alembic import op

from fulfil.kit.columns import Bool, Int, Json, Real, Text, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("token_hash", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("store_ids", Json, nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("revoked_at", Utc, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "arrivals",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("carrier", Text, nullable=False),
        sa.Column("rider_id", Int, nullable=True),
        sa.Column("counter_id", Int, nullable=False),
        sa.Column("orders", Int, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sqlite_strict=True,
    )
    op.create_index("ix_arrivals_store", "arrivals", ["store_id", "at"], unique=False)
    op.create_table(
        "capacity_holds",
        sa.Column("order_no", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("lines", Int, nullable=False),
        sa.Column("hand_over_at", Utc, nullable=False),
        sa.Column("until", Utc, nullable=False),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_capacity_holds")),
        sqlite_strict=True,
    )
    op.create_index("ix_capacity_holds_store", "capacity_holds", ["store_id", "until"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("source_ref", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("line_no", Int, nullable=True),
        sa.Column("quantity", Int, nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("source_ref", name=op.f("uq_cases_source_ref")),
        sqlite_strict=True,
    )
    op.create_index("ix_cases_order", "cases", ["order_no"], unique=False)
    op.create_table(
        "categories",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("slug", Text, nullable=False),
        sa.Column("name_zh", Text, nullable=False),
        sa.Column("name_en", Text, nullable=False),
        sa.Column("icon", Text, nullable=False),
        sa.PrimaryKeyConstraint("store_id", "slug", name=op.f("pk_categories")),
        sqlite_strict=True,
    )
    op.create_table(
        "customers",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("phone", Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("phone", name=op.f("uq_customers_phone")),
        sqlite_strict=True,
    )
    op.create_table(
        "guests",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("token_hash", Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guests")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_guests_token_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "history",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=True),
        sa.Column("entity", Text, nullable=False),
        sa.Column("entity_id", Int, nullable=False),
        sa.Column("seq", Int, nullable=True),
        sa.Column("event", Text, nullable=False),
        sa.Column("from_state", Text, nullable=True),
        sa.Column("to_state", Text, nullable=True),
        sa.Column("actor", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("detail", Json, nullable=True),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sqlite_strict=True,
    )
    op.create_index("ix_history_order", "history", ["store_id", "order_no", "id"], unique=False)
    op.create_index(
        "uq_history_entity",
        "history",
        ["entity", "entity_id", "seq"],
        unique=True,
        sqlite_where=sa.text("seq IS NOT NULL"),
        postgresql_where=sa.text("seq IS NOT NULL"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("principal", Text, nullable=False),
        sa.Column("key", Text, nullable=False),
        sa.Column("request_hash", Text, nullable=False),
        sa.Column("answer", Json, nullable=True),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("principal", "key", name=op.f("uq_idempotency_keys_principal_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"], unique=False)
    op.create_table(
        "live_heads",
        sa.Column("person_id", Int, autoincrement=False, nullable=False),
        sa.Column("seq", Int, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_live_heads")),
        postgresql_with={"fillfactor": 50},
        sqlite_strict=True,
    )
    op.create_table(
        "live_log",
        sa.Column("person_id", Int, autoincrement=False, nullable=False),
        sa.Column("seq", Int, autoincrement=False, nullable=False),
        sa.Column("type", Text, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "seq", name=op.f("pk_live_log")),
        sqlite_strict=True,
    )
    op.create_index("ix_live_log_at", "live_log", ["at"], unique=False)
    op.create_table(
        "login_codes",
        sa.Column("phone", Text, nullable=False),
        sa.Column("code_hash", Text, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("tries", Int, nullable=False),
        sa.Column("sent", Int, nullable=False),
        sa.Column("window_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_login_codes")),
        sqlite_strict=True,
    )
    op.create_table(
        "number_segments",
        sa.Column("name", Text, nullable=False),
        sa.Column("next", Int, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_segments")),
        sqlite_strict=True,
    )
    op.create_table(
        "ops",
        sa.Column("id", Text, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("session_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("type", Text, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("hash", Text, nullable=False),
        sa.Column("epoch", Int, nullable=False),
        sa.Column("seq", Int, nullable=False),
        sa.Column("status", Text, nullable=False),
        sa.Column("code", Text, nullable=True),
        sa.Column("message", Text, nullable=True),
        sa.Column("answer", Json, nullable=False),
        sa.Column("at", Utc, nullable=True),
        sa.Column("received_at", Utc, nullable=False),
        sa.CheckConstraint("status IN ('applied', 'rejected')", name=op.f("ck_ops_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ops")),
        sqlite_strict=True,
    )
    op.create_index("ix_ops_store", "ops", ["store_id", "received_at"], unique=False)
    op.create_index("ix_ops_ticket", "ops", ["ticket_id", "received_at"], unique=False)
    op.create_table(
        "pay_nonces",
        sa.Column("channel", Text, nullable=False),
        sa.Column("nonce", Text, nullable=False),
        sa.Column("digest", Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("channel", "nonce", name=op.f("pk_pay_nonces")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_nonces_at", "pay_nonces", ["at"], unique=False)
    op.create_table(
        "pay_notices",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("channel", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("digest", Text, nullable=False),
        sa.Column("serial_no", Int, nullable=True),
        sa.Column("amount", Int, nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_notices")),
        sa.UniqueConstraint("channel", "kind", "digest", name=op.f("uq_pay_notices_channel_kind_digest")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_notices_serial", "pay_notices", ["serial_no"], unique=False)
    op.create_table(
        "pay_transactions",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("token", Text, nullable=False),
        sa.Column("method", Text, nullable=False),
        sa.Column("channel", Text, nullable=False),
        sa.Column("account", Text, nullable=False),
        sa.Column("amount", Int, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("pay_token", Text, nullable=True),
        sa.Column("pay_url", Text, nullable=True),
        sa.Column("channel_txn", Text, nullable=True),
        sa.Column("polls", Int, nullable=False),
        sa.Column("next_poll_at", Utc, nullable=True),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("settled_at", Utc, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_transactions_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_transactions")),
        sa.UniqueConstraint("channel", "channel_txn", name=op.f("uq_pay_transactions_channel_channel_txn")),
        sa.UniqueConstraint("token", name=op.f("uq_pay_transactions_token")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_pay_transactions_poll",
        "pay_transactions",
        ["next_poll_at"],
        unique=False,
        sqlite_where=sa.text("next_poll_at IS NOT NULL"),
        postgresql_where=sa.text("next_poll_at IS NOT NULL"),
    )
    op.create_table(
        "presence",
        sa.Column("person_id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("last_seen", Utc, nullable=False),
        sa.Column("battery", Int, nullable=True),
        sa.Column("queued", Int, nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_presence")),
        sqlite_strict=True,
    )
    op.create_index("ix_presence_store", "presence", ["store_id", "last_seen"], unique=False)
    op.create_table(
        "reservations",
        sa.Column("order_no", Int, autoincrement=False, nullable=False),
        sa.Column("line_no", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("due_at", Utc, nullable=False),
        sa.CheckConstraint(
            "quantity >= 0 AND (state = 'live' OR quantity = 0)", name=op.f("ck_reservations_quantity")
        ),
        sa.CheckConstraint(
            "state IN ('live', 'short', 'released', 'shipped')", name=op.f("ck_reservations_state")
        ),
        sa.PrimaryKeyConstraint("order_no", "line_no", name=op.f("pk_reservations")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_reservations_live",
        "reservations",
        ["store_id", "sku", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'live'"),
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_table(
        "stock",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("on_hand", Int, nullable=False),
        sa.Column("reserved", Int, nullable=False),
        sa.Column("quarantine", Int, nullable=False),
        sa.Column("buffer", Int, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_on_hand")),
        sa.CheckConstraint("quarantine >= 0 AND buffer >= 0", name=op.f("ck_stock_held_back")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_stock_reserved")),
        sa.PrimaryKeyConstraint("store_id", "sku", name=op.f("pk_stock")),
        sqlite_strict=True,
    )
    op.create_table(
        "stock_movements",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("delta", Int, nullable=False),
        sa.Column("asked", Int, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("source_ref", Text, nullable=False),
        sa.Column("order_no", Int, nullable=True),
        sa.Column("actor", Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint("store_id", "source_ref", name="uq_stock_movements_source_ref"),
        sqlite_strict=True,
    )
    op.create_index("ix_stock_movements_sku", "stock_movements", ["store_id", "sku", "id"], unique=False)
    op.create_table(
        "stock_shortages",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("opened_at", Utc, nullable=False),
        sa.Column("closed_at", Utc, nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_stock_shortages_state")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_shortages_quantity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_shortages")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_stock_shortages_open",
        "stock_shortages",
        ["store_id", "sku", "order_no", "line_no"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "stores",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("name_zh", Text, nullable=False),
        sa.Column("name_en", Text, nullable=False),
        sa.Column("tz", Text, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("lat", Real, nullable=False),
        sa.Column("lng", Real, nullable=False),
        sa.Column("radius_m", Int, nullable=False),
        sa.Column("opening", Json, nullable=False),
        sa.Column("delivery_fee", Int, nullable=False),
        sa.Column("free_delivery_from", Int, nullable=False),
        sa.Column("bag_fee", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("state_until", Utc, nullable=True),
        sa.Column("state_reason", Text, nullable=False),
        sa.Column("policy", Json, nullable=False),
        sa.Column("scale_rules", Json, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.CheckConstraint(
            "delivery_fee >= 0 AND free_delivery_from >= 0 AND bag_fee >= 0", name=op.f("ck_stores_fees")
        ),
        sa.CheckConstraint("radius_m > 0", name=op.f("ck_stores_radius")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sqlite_strict=True,
    )
    op.create_table(
        "submissions",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("owner_kind", Text, nullable=False),
        sa.Column("owner_id", Int, nullable=False),
        sa.Column("request_key", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("done", Int, nullable=False),
        sa.Column("draft", Json, nullable=False),
        sa.Column("lease_until", Utc, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("owner_kind", "owner_id", "request_key", name="uq_submissions_request_key"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_submissions_open",
        "submissions",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "switches",
        sa.Column("name", Text, nullable=False),
        sa.Column("on", Bool, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("changed_by", Text, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
        sqlite_strict=True,
    )
    op.create_table(
        "tasks",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("handler", Text, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("key", Text, nullable=True),
        sa.Column("priority", Int, nullable=False),
        sa.Column("run_at", Utc, nullable=False),
        sa.Column("after", Int, nullable=True),
        sa.Column("state", Int, nullable=False),
        sa.Column("attempts", Int, nullable=False),
        sa.Column("lease_until", Utc, nullable=True),
        sa.Column("error", Text, nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        postgresql_with={"autovacuum_vacuum_scale_factor": 0.0, "autovacuum_vacuum_threshold": 500},
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_tasks_after",
        "tasks",
        ["after"],
        unique=False,
        sqlite_where=sa.text("after IS NOT NULL"),
        postgresql_where=sa.text("after IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_due",
        "tasks",
        ["priority", "run_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "ix_tasks_key",
        "tasks",
        ["key", "id"],
        unique=False,
        sqlite_where=sa.text("key IS NOT NULL"),
        postgresql_where=sa.text("key IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_lease",
        "tasks",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.create_table(
        "customer_sessions",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("customer_id", Int, nullable=False),
        sa.Column("token_hash", Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("ended_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_sessions_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_customer_sessions_token_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_customer_sessions_customer", "customer_sessions", ["customer_id"], unique=False)
    op.create_table(
        "devices",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("key_hash", Text, nullable=False),
        sa.Column("enrolled_at", Utc, nullable=False),
        sa.Column("revoked_at", Utc, nullable=True),
        sa.Column("pin_failures", Int, nullable=False),
        sa.Column("pin_locked_until", Utc, nullable=True),
        sa.CheckConstraint("pin_failures >= 0", name=op.f("ck_devices_pin_failures")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_devices_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("key_hash", name="uq_devices_key_hash"),
        sqlite_strict=True,
    )
    op.create_index("ix_devices_store", "devices", ["store_id", "id"], unique=False)
    op.create_table(
        "enrolment_codes",
        sa.Column("code_hash", Text, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("issued_by", Text, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("used_at", Utc, nullable=True),
        sa.Column("device_id", Int, nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_enrolment_codes_store_id_stores")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_codes")),
        sqlite_strict=True,
    )
    op.create_table(
        "fulfilments",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("due_at", Utc, nullable=False),
        sa.Column("ride_seconds", Int, nullable=False),
        sa.Column("stages", Json, nullable=False),
        sa.Column("contact", Json, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("delivery_pin", Text, nullable=False),
        sa.Column("pickup_code", Text, nullable=False),
        sa.Column("carrier", Text, nullable=True),
        sa.Column("opened_at", Utc, nullable=False),
        sa.Column("ready_at", Utc, nullable=True),
        sa.Column("handed_over_at", Utc, nullable=True),
        sa.Column("ended_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_fulfilments_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilments")),
        sa.UniqueConstraint("order_no", name="uq_fulfilments_order_no"),
        sqlite_strict=True,
    )
    op.create_index("ix_fulfilments_store", "fulfilments", ["store_id", "state", "due_at"], unique=False)
    op.create_index(
        "uq_fulfilments_pickup_code",
        "fulfilments",
        ["store_id", "pickup_code"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'working', 'ready')"),
        postgresql_where=sa.text("state IN ('open', 'working', 'ready')"),
    )
    op.create_table(
        "items",
        sa.Column("store_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("gtin", Text, nullable=False),
        sa.Column("name_zh", Text, nullable=False),
        sa.Column("name_en", Text, nullable=False),
        sa.Column("category", Text, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("pack", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("location", Text, nullable=False),
        sa.Column("weighed", Bool, nullable=False),
        sa.Column("scale_item", Text, nullable=True),
        sa.Column("picture", Text, nullable=False),
        sa.Column("grams", Int, nullable=False),
        sa.CheckConstraint("unit IN ('each', 'g')", name=op.f("ck_items_unit")),
        sa.CheckConstraint("zone IN ('ambient', 'chilled', 'frozen')", name=op.f("ck_items_zone")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_items_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", "sku", name=op.f("pk_items")),
        sqlite_strict=True,
    )
    op.create_index("ix_items_category", "items", ["store_id", "category", "sku"], unique=False)
    op.create_index("ix_items_gtin", "items", ["store_id", "gtin"], unique=True)
    op.create_table(
        "orders",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("owner_kind", Text, nullable=False),
        sa.Column("owner_id", Int, nullable=False),
        sa.Column("channel", Text, nullable=False),
        sa.Column("scene", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("valid", Bool, nullable=False),
        sa.Column("goods", Int, nullable=False),
        sa.Column("discount", Int, nullable=False),
        sa.Column("delivery", Int, nullable=False),
        sa.Column("bags", Int, nullable=False),
        sa.Column("tax_included", Int, nullable=False),
        sa.Column("payable", Int, nullable=False),
        sa.Column("paid", Int, nullable=False),
        sa.Column("refunded", Int, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("cart_type", Text, nullable=False),
        sa.Column("cart_version", Int, nullable=False),
        sa.Column("promised_at", Utc, nullable=False),
        sa.Column("deliver_by", Utc, nullable=True),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("track_token", Text, nullable=False),
        sa.Column("delivery_pin", Text, nullable=False),
        sa.Column("contact", Json, nullable=False),
        sa.Column("note", Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("paid_at", Utc, nullable=True),
        sa.Column("ended_at", Utc, nullable=True),
        sa.CheckConstraint("payable = goods - discount + delivery + bags", name=op.f("ck_orders_payable")),
        sa.CheckConstraint("refunded >= 0 AND refunded <= paid", name=op.f("ck_orders_refunded")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_orders_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("track_token", name=op.f("uq_orders_track_token")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_orders_completed",
        "orders",
        ["ended_at"],
        unique=False,
        sqlite_where=sa.text("state = 'completed'"),
        postgresql_where=sa.text("state = 'completed'"),
    )
    op.create_index(
        "ix_orders_invalid",
        "orders",
        ["id"],
        unique=False,
        sqlite_where=sa.text("valid = 0"),
        postgresql_where=sa.text("NOT valid"),
    )
    op.create_index("ix_orders_owner", "orders", ["owner_kind", "owner_id", "id"], unique=False)
    op.create_index("ix_orders_store", "orders", ["store_id", "id"], unique=False)
    op.create_index(
        "uq_orders_cart",
        "orders",
        ["owner_kind", "owner_id", "store_id", "cart_type", "cart_version"],
        unique=True,
    )
    op.create_table(
        "payment_documents",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("pay_seq", Int, nullable=False),
        sa.Column("amount", Int, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("serial_no", Int, nullable=True),
        sa.Column("captured", Int, nullable=False),
        sa.Column("refunding", Int, nullable=False),
        sa.Column("refunded", Int, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_documents_amount")),
        sa.CheckConstraint(
            "refunded >= 0 AND refunding >= 0 AND refunded + refunding <= captured",
            name=op.f("ck_payment_documents_refunds"),
        ),
        sa.ForeignKeyConstraint(
            ["serial_no"],
            ["pay_transactions.id"],
            name=op.f("fk_payment_documents_serial_no_pay_transactions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_documents")),
        sa.UniqueConstraint("order_no", "pay_seq", name=op.f("uq_payment_documents_order_no_pay_seq")),
        sa.UniqueConstraint("serial_no", name=op.f("uq_payment_documents_serial_no")),
        sqlite_strict=True,
    )
    op.create_table(
        "people",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("badge", Text, nullable=False),
        sa.Column("name_zh", Text, nullable=False),
        sa.Column("name_en", Text, nullable=False),
        sa.Column("pin_hash", Text, nullable=False),
        sa.Column("roles", Json, nullable=False),
        sa.Column("zones", Json, nullable=False),
        sa.Column("locale", Text, nullable=False),
        sa.Column("disabled", Bool, nullable=False),
        sa.Column("pin_failures", Int, nullable=False),
        sa.Column("pin_locked_until", Utc, nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.CheckConstraint("pin_failures >= 0", name=op.f("ck_people_pin_failures")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_people_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("store_id", "badge", name="uq_people_badge"),
        sqlite_strict=True,
    )
    op.create_table(
        "places",
        sa.Column("store_id", Int, nullable=False),
        sa.Column("code", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.CheckConstraint(
            "kind IN ('aisle', 'staging', 'bag_shelf', 'station')", name=op.f("ck_places_kind")
        ),
        sa.CheckConstraint("zone IN ('ambient', 'chilled', 'frozen')", name=op.f("ck_places_zone")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_places_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", "code", name=op.f("pk_places")),
        sqlite_strict=True,
    )
    op.create_table(
        "refunds",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("case_id", Int, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("amount", Int, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("settled", Int, nullable=False),
        sa.Column("failed", Int, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_refunds_amount")),
        sa.CheckConstraint(
            "settled >= 0 AND failed >= 0 AND settled + failed <= amount", name=op.f("ck_refunds_settled")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_refunds_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("case_id", name=op.f("uq_refunds_case_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_refunds_order", "refunds", ["order_no"], unique=False)
    op.create_table(
        "bags",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("code", Text, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("n", Int, nullable=False),
        sa.Column("temperature", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("place", Text, nullable=True),
        sa.Column("opened_at", Utc, nullable=False),
        sa.CheckConstraint(
            "temperature IN ('ambient', 'chilled', 'frozen')", name=op.f("ck_bags_temperature")
        ),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_bags_fulfilment_id_fulfilments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bags")),
        sa.UniqueConstraint("fulfilment_id", "n", name="uq_bags_n"),
        sa.UniqueConstraint("store_id", "code", name="uq_bags_code"),
        sqlite_strict=True,
    )
    op.create_table(
        "cold_clocks",
        sa.Column("fulfilment_id", Int, autoincrement=False, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("out_since", Utc, nullable=True),
        sa.Column("seconds", Int, nullable=False),
        sa.CheckConstraint("zone IN ('chilled', 'frozen')", name=op.f("ck_cold_clocks_zone")),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_cold_clocks_seconds")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_cold_clocks_fulfilment_id_fulfilments")
        ),
        sa.PrimaryKeyConstraint("fulfilment_id", "zone", name=op.f("pk_cold_clocks")),
        sqlite_strict=True,
    )
    op.create_table(
        "fulfilment_lines",
        sa.Column("fulfilment_id", Int, autoincrement=False, nullable=False),
        sa.Column("line_no", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("location", Text, nullable=False),
        sa.Column("grams", Int, nullable=False),
        sa.Column("picked", Int, nullable=False),
        sa.Column("short", Int, nullable=False),
        sa.Column("substituted", Int, nullable=False),
        sa.Column("on_shortage", Text, nullable=False),
        sa.Column("if_silent", Text, nullable=False),
        sa.CheckConstraint(
            "picked >= 0 AND short >= 0 AND substituted >= 0", name=op.f("ck_fulfilment_lines_sums")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_fulfilment_lines_quantity")),
        sa.CheckConstraint("short + substituted <= quantity", name=op.f("ck_fulfilment_lines_over")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_fulfilment_lines_fulfilment_id_fulfilments")
        ),
        sa.PrimaryKeyConstraint("fulfilment_id", "line_no", name=op.f("pk_fulfilment_lines")),
        sqlite_strict=True,
    )
    op.create_index("ix_fulfilment_lines_sku", "fulfilment_lines", ["store_id", "sku"], unique=False)
    op.create_table(
        "order_attributes",
        sa.Column("order_no", Int, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("value", Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["orders.id"], name=op.f("fk_order_attributes_order_no_orders")
        ),
        sa.PrimaryKeyConstraint("order_no", "name", name=op.f("pk_order_attributes")),
        sqlite_strict=True,
    )
    op.create_table(
        "order_deliveries",
        sa.Column("id", Int, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["orders.id"], name=op.f("fk_order_deliveries_id_orders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_deliveries")),
        sqlite_strict=True,
    )
    op.create_table(
        "order_items",
        sa.Column("order_no", Int, nullable=False),
        sa.Column("line_no", Int, autoincrement=False, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("name_zh", Text, nullable=False),
        sa.Column("name_en", Text, nullable=False),
        sa.Column("gtin", Text, nullable=False),
        sa.Column("category", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("pack", Text, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("weighed", Bool, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("unit_price", Int, nullable=False),
        sa.Column("amount", Int, nullable=False),
        sa.Column("discount", Int, nullable=False),
        sa.Column("payable", Int, nullable=False),
        sa.Column("on_shortage", Text, nullable=False),
        sa.Column("if_silent", Text, nullable=False),
        sa.Column("picture", Text, nullable=False),
        sa.CheckConstraint("payable = amount - discount", name=op.f("ck_order_items_payable")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_items_quantity")),
        sa.ForeignKeyConstraint(["order_no"], ["orders.id"], name=op.f("fk_order_items_order_no_orders")),
        sa.PrimaryKeyConstraint("order_no", "line_no", name=op.f("pk_order_items")),
        sqlite_strict=True,
    )
    op.create_table(
        "pay_refunds",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("refund_id", Int, nullable=False),
        sa.Column("payment_id", Int, nullable=False),
        sa.Column("serial_no", Int, nullable=False),
        sa.Column("channel", Text, nullable=False),
        sa.Column("amount", Int, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("attempts", Int, nullable=False),
        sa.Column("channel_refund", Text, nullable=True),
        sa.Column("polls", Int, nullable=False),
        sa.Column("next_poll_at", Utc, nullable=True),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("settled_at", Utc, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_refunds_amount")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment_documents.id"], name=op.f("fk_pay_refunds_payment_id_payment_documents")
        ),
        sa.ForeignKeyConstraint(
            ["serial_no"], ["pay_transactions.id"], name=op.f("fk_pay_refunds_serial_no_pay_transactions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_refunds")),
        sa.UniqueConstraint("refund_id", "payment_id", name=op.f("uq_pay_refunds_refund_id_payment_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_pay_refunds_order", "pay_refunds", ["order_no"], unique=False)
    op.create_index("ix_pay_refunds_payment", "pay_refunds", ["payment_id"], unique=False)
    op.create_index(
        "ix_pay_refunds_poll",
        "pay_refunds",
        ["next_poll_at"],
        unique=False,
        sqlite_where=sa.text("next_poll_at IS NOT NULL"),
        postgresql_where=sa.text("next_poll_at IS NOT NULL"),
    )
    op.create_table(
        "products",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("price", Int, nullable=False),
        sa.Column("currency", Text, nullable=False),
        sa.Column("on_sale", Bool, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("updated_at", Utc, nullable=False),
        sa.CheckConstraint("price > 0", name=op.f("ck_products_price")),
        sa.ForeignKeyConstraint(
            ["store_id", "sku"], ["items.store_id", "items.sku"], name=op.f("fk_products_store_id_sku_items")
        ),
        sa.PrimaryKeyConstraint("store_id", "sku", name=op.f("pk_products")),
        sqlite_strict=True,
    )
    op.create_table(
        "refund_items",
        sa.Column("refund_id", Int, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("amount", Int, nullable=False),
        sa.CheckConstraint("amount >= 0 AND quantity >= 0", name=op.f("ck_refund_items_amount")),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_refund_items_refund_id_refunds")
        ),
        sa.PrimaryKeyConstraint("refund_id", "kind", "line_no", name=op.f("pk_refund_items")),
        sqlite_strict=True,
    )
    op.create_index("ix_refund_items_order", "refund_items", ["order_no", "kind", "line_no"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("person_id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("since", Utc, nullable=False),
        sa.Column("started_at", Utc, nullable=True),
        sa.Column("session_id", Int, nullable=True),
        sa.CheckConstraint("state IN ('available', 'break', 'off')", name=op.f("ck_shifts_state")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_shifts_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_shifts")),
        sqlite_strict=True,
    )
    op.create_index("ix_shifts_store", "shifts", ["store_id", "state"], unique=False)
    op.create_table(
        "staff_sessions",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("device_id", Int, nullable=False),
        sa.Column("token_hash", Text, nullable=False),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("ended_at", Utc, nullable=True),
        sa.Column("end_reason", Text, nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_staff_sessions_device_id_devices")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_staff_sessions_person_id_people")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_staff_sessions_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name="uq_staff_sessions_token_hash"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_staff_sessions_person", "staff_sessions", ["store_id", "person_id", "id"], unique=False
    )
    op.create_index(
        "uq_staff_sessions_live",
        "staff_sessions",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "totes",
        sa.Column("store_id", Int, autoincrement=False, nullable=False),
        sa.Column("code", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=True),
        sa.Column("order_no", Int, nullable=True),
        sa.Column("ticket_id", Int, nullable=True),
        sa.Column("zone", Text, nullable=True),
        sa.Column("place", Text, nullable=True),
        sa.Column("quarantine", Bool, nullable=False),
        sa.Column("bound_at", Utc, nullable=True),
        sa.CheckConstraint("(state = 'bound') = (fulfilment_id IS NOT NULL)", name=op.f("ck_totes_bound")),
        sa.CheckConstraint("state IN ('free', 'bound', 'emptied')", name=op.f("ck_totes_state")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_totes_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_totes_store_id_stores")),
        sa.PrimaryKeyConstraint("store_id", "code", name=op.f("pk_totes")),
        sqlite_strict=True,
    )
    op.create_index("ix_totes_fulfilment", "totes", ["fulfilment_id"], unique=False)
    op.create_table(
        "worker_loads",
        sa.Column("person_id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("since", Utc, nullable=True),
        sa.Column("seconds", Int, nullable=False),
        sa.Column("missed", Int, nullable=False),
        sa.CheckConstraint("seconds >= 0 AND missed >= 0", name=op.f("ck_worker_loads_numbers")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_worker_loads_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_worker_loads")),
        sqlite_strict=True,
    )
    op.create_index("ix_worker_loads_store", "worker_loads", ["store_id"], unique=False)
    op.create_table(
        "bag_lines",
        sa.Column("bag_id", Int, autoincrement=False, nullable=False),
        sa.Column("line_no", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_bag_lines_quantity")),
        sa.ForeignKeyConstraint(["bag_id"], ["bags.id"], name=op.f("fk_bag_lines_bag_id_bags")),
        sa.PrimaryKeyConstraint("bag_id", "line_no", name=op.f("pk_bag_lines")),
        sqlite_strict=True,
    )
    op.create_table(
        "tickets",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("stage", Text, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("part", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("epoch", Int, nullable=False),
        sa.Column("assignee_id", Int, nullable=True),
        sa.Column("session_id", Int, nullable=True),
        sa.Column("carrier", Text, nullable=True),
        sa.Column("due_at", Utc, nullable=False),
        sa.Column("priority", Int, nullable=False),
        sa.Column("lines", Int, nullable=False),
        sa.Column("grams", Int, nullable=False),
        sa.Column("volume_ml", Int, nullable=False),
        sa.Column("estimate_seconds", Int, nullable=False),
        sa.Column("held", Bool, nullable=False),
        sa.Column("paused", Bool, nullable=False),
        sa.Column("tried", Int, nullable=False),
        sa.Column("touched", Int, nullable=False),
        sa.Column("queued_at", Utc, nullable=False),
        sa.Column("offered_at", Utc, nullable=True),
        sa.Column("accepted_at", Utc, nullable=True),
        sa.Column("done_at", Utc, nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'working') OR assignee_id IS NOT NULL OR carrier IS NOT NULL",
            name=op.f("ck_tickets_assignee"),
        ),
        sa.CheckConstraint("zone IN ('ambient', 'chilled', 'frozen', 'all')", name=op.f("ck_tickets_zone")),
        sa.CheckConstraint("epoch > 0 AND part > 0 AND tried >= 0", name=op.f("ck_tickets_numbers")),
        sa.ForeignKeyConstraint(["assignee_id"], ["people.id"], name=op.f("fk_tickets_assignee_id_people")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_tickets_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["staff_sessions.id"], name=op.f("fk_tickets_session_id_staff_sessions")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_tickets_store_id_stores")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_tickets_assignee",
        "tickets",
        ["assignee_id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'offered', 'accepted', 'working')"),
        postgresql_where=sa.text("state IN ('queued', 'offered', 'accepted', 'working')"),
    )
    op.create_index(
        "ix_tickets_queue",
        "tickets",
        ["store_id", "stage", sa.text("priority DESC"), "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_tickets_fulfilment", "tickets", ["fulfilment_id", "id"], unique=False)
    op.create_index(
        "ix_tickets_live",
        "tickets",
        ["store_id", "state", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'offered', 'accepted', 'working')"),
        postgresql_where=sa.text("state IN ('queued', 'offered', 'accepted', 'working')"),
    )
    op.create_index(
        "uq_tickets_live",
        "tickets",
        ["fulfilment_id", "stage", "kind", "zone", "part"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'offered', 'accepted', 'working')"),
        postgresql_where=sa.text("state IN ('queued', 'offered', 'accepted', 'working')"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("carrier", Text, nullable=False),
        sa.Column("carrier_token", Text, nullable=True),
        sa.Column("pin_failures", Int, nullable=False),
        sa.Column("proven_by_pin", Bool, nullable=False),
        sa.Column("return_reason", Text, nullable=True),
        sa.Column("delivered_at", Utc, nullable=True),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.CheckConstraint("carrier IN ('own', 'third_party')", name=op.f("ck_deliveries_carrier")),
        sa.CheckConstraint("pin_failures >= 0", name=op.f("ck_deliveries_pin_failures")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_deliveries_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_deliveries_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("carrier_token", name="uq_deliveries_carrier_token"),
        sa.UniqueConstraint("ticket_id", name="uq_deliveries_ticket"),
        sqlite_strict=True,
    )
    op.create_index("ix_deliveries_fulfilment", "deliveries", ["store_id", "fulfilment_id"], unique=False)
    op.create_table(
        "handovers",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("carrier", Text, nullable=True),
        sa.Column("rider_id", Int, nullable=True),
        sa.Column("ready_at", Utc, nullable=False),
        sa.Column("arrived_at", Utc, nullable=True),
        sa.Column("released_at", Utc, nullable=True),
        sa.Column("without_allowed_by", Int, nullable=True),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.CheckConstraint("carrier IN ('own', 'third_party')", name=op.f("ck_handovers_carrier")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_handovers_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_handovers_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("ticket_id", name="uq_handovers_ticket"),
        sqlite_strict=True,
    )
    op.create_index("ix_handovers_fulfilment", "handovers", ["store_id", "fulfilment_id"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("placed_by", Text, nullable=False),
        sa.Column("placed_at", Utc, nullable=False),
        sa.Column("released_by", Text, nullable=True),
        sa.Column("released_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_holds_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sqlite_strict=True,
    )
    op.create_index("ix_holds_ticket", "holds", ["ticket_id", "id"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.Column("offered_at", Utc, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("answered_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_offers_person_id_people")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_offers_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_offers_person",
        "offers",
        ["person_id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_offers_ticket", "offers", ["ticket_id", "id"], unique=False)
    op.create_index(
        "uq_offers_pending",
        "offers",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "pack_lines",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("packed", Int, nullable=False),
        sa.Column("short", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.CheckConstraint("packed + short <= quantity", name=op.f("ck_pack_lines_over")),
        sa.CheckConstraint("packed >= 0 AND short >= 0", name=op.f("ck_pack_lines_sums")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pack_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_pack_lines_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_pack_lines_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_lines")),
        sa.UniqueConstraint("ticket_id", "line_no", name="uq_pack_lines_ticket_line"),
        sqlite_strict=True,
    )
    op.create_index("ix_pack_lines_order", "pack_lines", ["store_id", "order_no"], unique=False)
    op.create_table(
        "pick_lists",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("zone", Text, nullable=False),
        sa.Column("recount", Json, nullable=False),
        sa.Column("staged_place", Text, nullable=True),
        sa.Column("staged_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_pick_lists_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(["id"], ["tickets.id"], name=op.f("fk_pick_lists_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_lists")),
        sqlite_strict=True,
    )
    op.create_table(
        "stockout_reports",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("op_id", Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("outcome", Text, nullable=True),
        sa.Column("amount", Int, nullable=True),
        sa.Column("decided_at", Utc, nullable=True),
        sa.CheckConstraint("outcome IN ('refund', 'substitute')", name=op.f("ck_stockout_reports_outcome")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stockout_reports_quantity")),
        sa.ForeignKeyConstraint(
            ["fulfilment_id"], ["fulfilments.id"], name=op.f("fk_stockout_reports_fulfilment_id_fulfilments")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_stockout_reports_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stockout_reports")),
        sa.UniqueConstraint("op_id", "line_no", name="uq_stockout_reports_op"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_stockout_reports_fulfilment", "stockout_reports", ["fulfilment_id", "line_no"], unique=False
    )
    op.create_index("ix_stockout_reports_store", "stockout_reports", ["store_id", "at"], unique=False)
    op.create_table(
        "handover_bags",
        sa.Column("handover_id", Int, autoincrement=False, nullable=False),
        sa.Column("bag_id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("code", Text, nullable=False),
        sa.Column("n", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("person_id", Int, nullable=True),
        sa.CheckConstraint(
            "state IN ('expected', 'scanned', 'missing', 'left_out')", name=op.f("ck_handover_bags_state")
        ),
        sa.ForeignKeyConstraint(["bag_id"], ["bags.id"], name=op.f("fk_handover_bags_bag_id_bags")),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["handovers.id"], name=op.f("fk_handover_bags_handover_id_handovers")
        ),
        sa.PrimaryKeyConstraint("handover_id", "bag_id", name=op.f("pk_handover_bags")),
        sqlite_strict=True,
    )
    op.create_table(
        "milestones",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("delivery_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("actor", Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_milestones_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestones")),
        sqlite_strict=True,
    )
    op.create_index("ix_milestones_delivery", "milestones", ["delivery_id"], unique=False)
    op.create_table(
        "pick_lines",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("position", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("location", Text, nullable=False),
        sa.Column("found_at", Text, nullable=True),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("weighed", Bool, nullable=False),
        sa.Column("picked", Int, nullable=False),
        sa.Column("short", Int, nullable=False),
        sa.Column("substituted", Int, nullable=False),
        sa.Column("tote", Text, nullable=True),
        sa.Column("on_shortage", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.CheckConstraint(
            "picked >= 0 AND short >= 0 AND substituted >= 0", name=op.f("ck_pick_lines_sums")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pick_lines_quantity")),
        sa.CheckConstraint(
            "weighed OR picked + short + substituted <= quantity", name=op.f("ck_pick_lines_over")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["pick_lists.id"], name=op.f("fk_pick_lines_ticket_id_pick_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_lines")),
        sa.UniqueConstraint("ticket_id", "line_no", name="uq_pick_lines_ticket_line"),
        sqlite_strict=True,
    )
    op.create_index("ix_pick_lines_order", "pick_lines", ["store_id", "order_no"], unique=False)
    op.create_table(
        "put_back_lines",
        sa.Column("id", Int, autoincrement=False, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("ticket_id", Int, nullable=False),
        sa.Column("fulfilment_id", Int, nullable=False),
        sa.Column("order_no", Int, nullable=False),
        sa.Column("line_no", Int, nullable=False),
        sa.Column("position", Int, nullable=False),
        sa.Column("sku", Text, nullable=False),
        sa.Column("location", Text, nullable=False),
        sa.Column("quantity", Int, nullable=False),
        sa.Column("unit", Text, nullable=False),
        sa.Column("restocked", Int, nullable=False),
        sa.Column("wasted", Int, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("version", Int, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_put_back_lines_quantity")),
        sa.CheckConstraint("restocked + wasted <= quantity", name=op.f("ck_put_back_lines_over")),
        sa.CheckConstraint("restocked >= 0 AND wasted >= 0", name=op.f("ck_put_back_lines_sums")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["pick_lists.id"], name=op.f("fk_put_back_lines_ticket_id_pick_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_put_back_lines")),
        sa.UniqueConstraint("ticket_id", "line_no", name="uq_put_back_lines_ticket_line"),
        sqlite_strict=True,
    )
    op.create_index("ix_put_back_lines_order", "put_back_lines", ["store_id", "order_no"], unique=False)
    op.create_table(
        "picks",
        sa.Column("id", Int, autoincrement=True, nullable=False),
        sa.Column("store_id", Int, nullable=False),
        sa.Column("pick_line_id", Int, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("tote", Text, nullable=False),
        sa.Column("delta", Int, nullable=False),
        sa.Column("person_id", Int, nullable=False),
        sa.Column("op_id", Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.ForeignKeyConstraint(
            ["pick_line_id"], ["pick_lines.id"], name=op.f("fk_picks_pick_line_id_pick_lines")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picks")),
        sqlite_strict=True,
    )
    op.create_index("ix_picks_line", "picks", ["pick_line_id"], unique=False)
