"""European options by Black and Scholes' formula, and their implied volatility.

The second kernel calls the first one: kernels are inlined into kernels.
"""

import math

import numpy as np

import rfxjit as rfx


@rfx.kernel
def call_price(price, strike, time, rate, volatility):
    """The price of a call (Black and Scholes, 1973)."""
    spread = volatility * math.sqrt(time)
    d1 = math.log(price / strike) + (rate + 0.5 * volatility * volatility) * time
    d1 = d1 / spread
    now = 0.5 * (1.0 + math.erf(d1 * 0.7071067811865476))
    then = 0.5 * (1.0 + math.erf((d1 - spread) * 0.7071067811865476))
    return price * now - strike * math.exp(-rate * time) * then


@rfx.kernel
def implied_volatility(paid, price, strike, time, rate):
    """The volatility at which a call has the price that was paid, by bisection."""
    low, high = 1e-4, 5.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if high - low < 1e-10:
            return middle
        if call_price(price, strike, time, rate, middle) < paid:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def main() -> None:
    """Price calls, and find the volatility again."""
    rng = np.random.default_rng(0)
    n = 10_000
    price = rng.uniform(80, 120, n)
    strike = rng.uniform(80, 120, n)
    volatility = rng.uniform(0.1, 0.6, n)
    paid = call_price(price, strike, 0.5, 0.02, volatility)
    found = implied_volatility(paid, price, strike, 0.5, 0.02)
    error = np.max(np.abs(found - volatility))
    print(f"{n} calls: mean price {paid.mean():.4f}")
    print(f"implied volatility: largest error {error:.1e}")
    assert error < 1e-6


if __name__ == "__main__":
    main()
