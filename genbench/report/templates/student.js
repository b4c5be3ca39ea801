// Intervals of means and of differences of means, as genbench/report/compare/noise.py has them; a test holds both
// together. A number is [mean, variance with n - 1, n].

// Simpson's rule for the integral of cos^power from 0 to end.
function integral(power, end) {
  const steps = 200;
  let sum = 0;
  for (let i = 0; i <= steps; i++) sum += (i % steps ? 2 + 2 * (i % 2) : 1) * Math.cos((i * end) / steps) ** power;
  return (sum * end) / steps / 3;
}

// The t that 95 % of Student's distribution lies within, of 1 or more degrees of freedom. With t = sqrt(freedom) tan(angle)
// the density is cos(angle)^(freedom - 1). Its whole integral W has W(f) = W(f + 2) (f + 1) / f, and is smooth for large f.
const quantiles = new Map();
function quantile(freedom) {
  if (quantiles.has(freedom)) return quantiles.get(freedom);
  let [whole, f] = [1, freedom];
  for (; f < 30; f += 2) whole *= (f + 1) / f;
  whole *= integral(f - 1, Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (integral(freedom - 1, middle) < 0.95 * whole) low = middle;
    else high = middle;
  }
  quantiles.set(freedom, Math.sqrt(freedom) * Math.tan(low));
  return quantiles.get(freedom);
}

const around = (value, half) => ({ value, low: value - half, high: value + half });

// null of one seed, which shows no spread.
function intervalOf([mean, variance, n]) {
  return n < 2 ? null : around(mean, quantile(n - 1) * Math.sqrt(variance / n));
}

// Welch's interval of first - second; null of one seed each. A side of one seed is taken to scatter as the other does.
function difference(first, second) {
  const shift = first[0] - second[0];
  const several = [first, second].filter((side) => side[2] > 1);
  if (!several.length) return null;
  const rounding = 1e-12 * Math.max(Math.abs(first[0]), Math.abs(second[0]));
  if (Math.max(...several.map((side) => side[1])) <= rounding ** 2) return around(shift, 0);
  if (several.length === 1) {
    const [, variance, n] = several[0];
    return around(shift, quantile(n - 1) * Math.sqrt(variance * (1 + 1 / n)));
  }
  const [v, w] = several.map(([, variance, n]) => variance / n);
  return around(shift, quantile((v + w) ** 2 / (v ** 2 / (first[2] - 1) + w ** 2 / (second[2] - 1))) * Math.sqrt(v + w));
}

