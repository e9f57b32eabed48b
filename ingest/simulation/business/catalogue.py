"""The products of the invented vendors, their currencies and their affiliates.

Python compares all of them by identity (``eq=False``): there is one object of each, so hashing is cheap.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Currency:
    """A customer's currency.

    Args:
        code: ISO 4217.
        rate: Units of this currency for one US dollar; invented, and fixed for the whole history.
        decimals: Digits after the point: 0 for the yen, which has no minor unit.
        countries: Of the customers who pay in it, the most frequent first.
        tax_rate: Share of the price added as tax; None: it depends on the state.
    """

    code: str
    rate: float
    decimals: int
    countries: tuple[str, ...]
    tax_rate: float | None

    def convert(self, cents: int) -> int:
        """Return a price in US cents as this currency's smallest units."""
        return round(cents * self.rate) if self.decimals else round(cents * self.rate / 1000) * 10


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A product.

    Args:
        price: US cents of the first payment; 0 for a free trial.
        rebill: US cents of each later payment; 0 when there is none.
        shipping: US cents; 0 for a download.
        payout_rate: The affiliate's share of the price less ClickBank's fee.
    """

    item_no: str
    title: str
    price: int
    payout_rate: float
    rebill: int = 0
    shipping: int = 0

    @property
    def is_recurring(self) -> bool:
        """Whether later payments follow the first."""
        return self.rebill > 0


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """A front-end product with the offers next to it (bump) and after it (upsells, with their chance)."""

    front_end: Product
    share: float
    bump: Product | None = None
    upsells: tuple[tuple[Product, float], ...] = ()
    flow_id: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Vendor:
    """A seller: its funnels, and the currencies its customers pay in, each with its share."""

    nickname: str
    share: float
    funnels: tuple[Funnel, ...]
    currencies: tuple[tuple[Currency, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Affiliate:
    """A traffic source, with the factors by which its customers refund and charge back more."""

    nickname: str
    refund_factor: float = 1.0
    chargeback_factor: float = 1.0


USD = Currency("USD", 1.0, 2, ("US", "US", "US", "US", "US", "US", "AU", "MX"), None)
EUR = Currency("EUR", 0.92, 2, ("DE", "DE", "FR", "ES", "IT", "IE"), 0.20)
GBP = Currency("GBP", 0.79, 2, ("GB",), 0.20)
CAD = Currency("CAD", 1.36, 2, ("CA",), 0.05)
JPY = Currency("JPY", 150.0, 0, ("JP",), 0.10)
WORLD = ((USD, 0.72), (EUR, 0.11), (GBP, 0.08), (CAD, 0.07), (JPY, 0.02))

KETO = Product("KETO-FE", "Bright Keto Plan", 3900, 0.60)
KETO_BUMP = Product("KETO-BUMP", "30 Quick Keto Recipes", 995, 0.50)
KETO_VIDEO = Product("KETO-VIDEO", "Keto Video Library", 6700, 0.55)
KETO_COACH = Product("KETO-COACH", "Keto Coaching Circle", 1995, 0.40, rebill=1995)
WOOD = Product("WOOD-FE", "Workshop Blueprints", 6700, 0.65)
WOOD_PRINT = Product("WOOD-PRINT", "Blueprints on Paper", 9700, 0.45, shipping=1495)
WOOD_CLUB = Product("WOOD-CLUB", "Workbench Club (free trial)", 0, 0.35, rebill=2900)
CALM = Product("CALM-FE", 'The "Calm Harbor" Sleep Course', 2700, 0.70)
CALM_REST = Product("CALM-REST", "Zoë's Deep Rest & Breathing", 4700, 0.50)

KETO_FUNNEL = Funnel(KETO, 1.0, KETO_BUMP, ((KETO_VIDEO, 0.22), (KETO_COACH, 0.16)), flow_id=4101)
WOOD_FUNNEL = Funnel(WOOD, 0.8, upsells=((WOOD_PRINT, 0.18),), flow_id=4102)
CALM_FUNNEL = Funnel(CALM, 1.0, upsells=((CALM_REST, 0.20),), flow_id=4103)

VENDORS = (
    Vendor("brightketo", 0.50, (KETO_FUNNEL,), WORLD),
    Vendor("woodsmith7", 0.30, (WOOD_FUNNEL, Funnel(WOOD_CLUB, 0.2)), WORLD),
    # Sells in US dollars only and without rebills: a claimed gross_sales or sale_count of it means the same by
    # every definition, so that a test can tell its true alerts from its false ones.
    Vendor("calmharbor", 0.20, (CALM_FUNNEL,), ((USD, 1.0),)),
)

# In order of their sales: the k-th sells about 1/k of the first one's sales.
AFFILIATES = (
    Affiliate("topreview"),
    Affiliate("healthhub"),
    Affiliate("adstorm", refund_factor=3.4),
    Affiliate("dailytips"),
    Affiliate("quickcash1", chargeback_factor=9.0),
    Affiliate("nichelab"),
    Affiliate("mailnorth"),
    Affiliate("vidmaker"),
    Affiliate("honestbob"),
    Affiliate("blogriver"),
    Affiliate("podwest"),
    Affiliate("tinytraf"),
)
DIRECT_SHARE = 0.08

PAYMENT_METHODS = (
    "VISA",
    "VISA",
    "VISA",
    "MSTR",
    "MSTR",
    "PYPL",
    "PYPL-NEW",
    "AMEX",
    "DISC",
    "VISA_PAZE",
    "MSTR_APPLE",
)
STATE_TAX = (
    ("CA", 0.0725),
    ("TX", 0.0625),
    ("NY", 0.04),
    ("FL", 0.0),
    ("OR", 0.0),
    ("WA", 0.065),
    ("ID", 0.06),
)
LANGUAGES = {"DE": "DE", "FR": "FR", "ES": "ES", "MX": "ES", "IT": "IT"}

# fmt: off
FIRST_NAMES = (
    "Ada", "Ben", "Chloé", "Dmitri", "Elena", "Farid", "Grace", "Håkon", "Ines", "Jürgen",
    "Kenji", "Lucía", "Mia", "Noor", "Oscar", "Priya", "Quinn", "Rosa", "Sven", "Zoë",
)
LAST_NAMES = (
    "Example", "O'Sample", "Testerson", "Müller-Muster", "Placeholder", "Invented",
    "Fictive", "Nobody", "Modelo", "佐藤", "Muster", "Persona",
)
# fmt: on
