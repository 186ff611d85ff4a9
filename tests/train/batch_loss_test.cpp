// SPDX-License-Identifier: MIT
// The loss of a batch as a function of all parameters, and optimisers that lower it in fine_tune.
#include "strata/train/batch_loss.hpp"

#include "nets/testing.hpp"
#include "strata/optim/penalties.hpp"
#include "strata/optim/sgd.hpp"
#include "strata/train/fine_tune.hpp"
#include "strata/train/observers.hpp"
#include "strata/units/activation.hpp"
#include "train/testing.hpp"

using namespace strata;
using namespace strata::testing;

namespace {

using TanhNet = Stack<Dense<Tanh<double>>, Dense<B>>;
using Columns = std::span<const Index>;
using ShowColumns = std::function<void(Columns, Random&, States<double>&, Matrix<double>&)>;
using HearStep = std::function<void(double, const Matrix<double>&, Columns)>;
using TanhLoss = detail::BatchLoss<TanhNet, CrossEntropy, ShowColumns, HearStep, WeightDecay>;
static_assert(CurvedObjective<TanhLoss>);

/// A net, data for it, and their loss with a decay.
struct LossOfData {
  Random rng;
  TanhNet net;
  Matrix<double> input, target;
  WeightDecay decay{.l2 = 0.3, .l1 = 0.2};
  CrossEntropy loss = {};
  HearStep hear = [](auto&&...) {};
  double noise = 0;  // the deviation of what is added to the inputs

  explicit LossOfData(Index samples, std::uint64_t seed = 1)
      : rng(seed),
        net(random_dense(3, Tanh<double>(4), rng), random_dense(4, B(2), rng)),
        input(random_batch(3, samples, rng)),
        target(rng.uniform<double>(2, samples)) {}

  TanhLoss objective(const HiddenNoise& hidden = {}, bool same_each_epoch = true) {
    const auto show = [this](Columns columns, Random& draws, States<double>& x, Matrix<double>& t) {
      gather<double>(input, columns, x.as_numbers());
      gather<double>(target, columns, t);
      if (noise > 0) x.as_numbers() += noise * draws.normal<double>(3, t.cols());
    };
    return TanhLoss(net, loss, hidden, same_each_epoch, show, hear, input.cols(), rng, decay);
  }
  std::vector<Index> all() const {
    std::vector<Index> columns(static_cast<std::size_t>(input.cols()));
    for (std::size_t i = 0; i < columns.size(); ++i)
      columns[i] = std::ssize(columns) - 1 - static_cast<Index>(i);
    return columns;
  }
  /// 1 for weights, 0 for biases.
  Vector<double> are_weights() const {
    TanhNet mask = net;
    for (auto& p : parameters(mask)) p.value.setConstant(p.role == Role::weights);
    return flatten(mask);
  }
};

Vector<double> slopes_of(TanhLoss& f, Vector<double> theta) {
  Vector<double> slopes(theta.size());
  for (Index i = 0; i < theta.size(); ++i) {
    const double value = theta(i);
    theta(i) = value + 1e-5;
    const double above = f.value(theta, nullptr);
    theta(i) = value - 1e-5;
    slopes(i) = (above - f.value(theta, nullptr)) / 2e-5;
    theta(i) = value;
  }
  return slopes;
}

/// Steps against the gradient; notes what it saw.
struct SteepestDescent {
  double rate = 0.5;
  std::vector<int>* steps = nullptr;     // since the start, at each call
  std::vector<bool>* changed = nullptr;  // likewise

  template <class S>
  struct State {
    int steps = 0;
  };
  template <class S>
  State<S> start() const {
    return {};
  }
  template <Objective F>
  void improve(F& f, Vector<ScalarOf<F>>& theta, State<ScalarOf<F>>& s) const {
    if (steps) steps->push_back(s.steps++);
    if (changed) changed->push_back(f.changed());
    Vector<ScalarOf<F>> gradient;
    f.value(theta, &gradient);
    theta -= rate * gradient;
  }
};

const LabelledData<double> two_labels = two_classes<double>(5, 23);

Stack<Dense<Tanh<double>>, Dense<S>> tanh_classifier() {
  Random rng(1);
  return stack(random_dense(5, Tanh<double>(4), rng), random_dense(4, S(2), rng));
}

/// Whether each part of the net has moved.
template <class Net>
std::pair<bool, bool> moved(const Net& a, const Net& b) {
  const auto& [below_a, top_a] = a.layers;
  const auto& [below_b, top_b] = b.layers;
  return {!same_bits(below_a, below_b), !same_bits(top_a, top_b)};
}

}  // namespace

TEST_CASE("the loss of a batch is the mean loss with the penalties, and its gradient the slopes") {
  LossOfData data(7);
  auto f = data.objective();
  f.set_batch(data.all());
  const Vector<double> theta = flatten(data.net), weights = theta.cwiseProduct(data.are_weights());
  double expected = 0.15 * weights.squaredNorm() + 0.2 * weights.lpNorm<1>();
  const Matrix<double> y = up(data.net, data.input);
  for (Index i = 0; i < y.size(); ++i)
    expected -= (data.target(i) * std::log(y(i)) + (1 - data.target(i)) * std::log(1 - y(i))) / 7;
  Vector<double> g;
  CHECK(f.value(theta, nullptr) == near(expected, 1e-13));
  CHECK(f.value(theta, &g) == f.value(theta, nullptr));
  CHECK(distance(g, slopes_of(f, theta)) < 1e-9);

  // The decay alone.
  const Vector<double> with = g;
  data.decay = {};
  f.value(theta, &g);
  CHECK(distance(with - g, 0.3 * weights + 0.2 * Vector<double>(weights.array().sign())) < 1e-14);
}

TEST_CASE("a batch of more than a thousand samples is one") {
  LossOfData data(2300);
  auto f = data.objective();
  f.set_batch(data.all());
  const Vector<double> theta = flatten(data.net), weights = data.are_weights();
  const Vector<double> v = Random(2).normal<double>(theta.size(), 1);
  for (const Index most : {2300, 2000, 1500}) {  // of the second derivatives
    // Those that were drawn first.
    const States<double> input(data.input.rightCols(most));
    const Matrix<double> target = data.target.rightCols(most);
    Activations<double> a(2);
    Tangents<double> t(2);
    auto g = data.net, direction = data.net, squares = data.net, product = data.net;
    auto to = parameters(direction);
    assign<double>(to, v);
    forward(data.net, input, a);
    const double sum = backward(data.net, input, target, data.loss, a, g);
    squared_gradients(data.net, input, target, data.loss, a, squares);
    gauss_newton(data.net, direction, input, data.loss, a, t, product);

    Vector<double> out;
    f.linearise(theta, most);
    f.gauss_newton(v, out);
    CHECK(distance(out, flatten(product) + 0.3 * v.cwiseProduct(weights)) < 1e-13);
    f.squared_gradients(out);
    CHECK(distance(out, flatten(squares)) < 1e-13);
    if (most == 2000) {  // as many as there are unless one says otherwise
      f.linearise(theta, 2000);
      f.squared_gradients(out);
      CHECK(distance(out, flatten(squares)) < 1e-13);
    }
    if (most < 2300) continue;
    const Vector<double> w = theta.cwiseProduct(weights);
    CHECK(f.value(theta, &out) ==
          near(sum / 2300 + 0.15 * w.squaredNorm() + 0.2 * w.lpNorm<1>(), 1e-13));
    CHECK(distance(out, 0.3 * w + 0.2 * Vector<double>(w.array().sign()) - flatten(g)) < 1e-13);
  }
}

TEST_CASE("what a step has led to is heard of once, and stays in the net") {
  LossOfData data(1200);
  double sum = 0;
  std::vector<Index> heard;
  data.hear = [&](double loss, const Matrix<double>& y, Columns columns) {
    sum += loss;
    heard.insert(heard.end(), columns.begin(), columns.end());
    Matrix<double> x;
    gather<double>(data.input, columns, x);
    CHECK(distance(y, up(data.net, x)) < 1e-14);
  };
  data.decay = {};
  auto f = data.objective();
  f.set_batch(data.all());
  const Vector<double> theta = flatten(data.net);
  f.value(Vector<double>(2 * theta), nullptr);
  CHECK(heard.empty());
  f.keep(theta);
  CHECK(heard.size() == 1200);
  CHECK(std::ranges::is_sorted(heard));
  CHECK(flatten(data.net) == theta);
  CHECK(sum / 1200 == near(f.value(theta, nullptr), 1e-14));
}

TEST_CASE("of a frozen net the top alone has slopes and second derivatives") {
  LossOfData data(7);
  auto f = data.objective();
  f.set_batch(data.all());
  const Vector<double> theta = flatten(data.net), v = Random(2).normal<double>(theta.size(), 1);
  const Index below = 16, top = theta.size() - below;
  Vector<double> free, g;
  const double value = f.value(theta, &free);
  f.linearise(theta, 2000);
  Vector<double> direction = v, product, squares, out;
  direction.head(below).setZero();
  f.gauss_newton(direction, product);
  f.squared_gradients(squares);

  f.freeze(true);
  CHECK(f.value(theta, &g) == value);
  CHECK(g.head(below).isZero(0));
  CHECK(g.tail(top) == free.tail(top));
  f.linearise(theta, 2000);
  f.gauss_newton(v, out);
  CHECK(out.head(below).isZero(0));
  CHECK(distance(out.tail(top), product.tail(top)) < 1e-15);
  f.squared_gradients(out);
  CHECK(out.head(below).isZero(0));
  CHECK(out.tail(top) == squares.tail(top));
  f.freeze(false);
  f.value(theta, &g);
  CHECK(g == free);
}

TEST_CASE("a whole set that is shown the same way is the same function as before") {
  LossOfData data(7);
  const auto all = data.all();
  auto f = data.objective();
  const auto changes = [&](TanhLoss& loss, Columns columns) {
    loss.set_batch(columns);
    return loss.changed();
  };
  CHECK(changes(f, all));
  CHECK(!changes(f, all));
  f.freeze(true);
  CHECK(changes(f, all));
  CHECK(!changes(f, all));
  f.freeze(true);  // as before
  CHECK(!changes(f, all));
  CHECK(changes(f, Columns(all).first(6)));
  auto noisy = data.objective({}, false);
  CHECK(changes(noisy, all));
  CHECK(changes(noisy, all));
}

TEST_CASE("noise is the same for each look at a batch, and other noise in the next") {
  LossOfData data(1005);
  data.noise = 0.5;
  data.decay = {};
  double kept = 0;
  data.hear = [&](double loss, const Matrix<double>&, Columns) { kept += loss; };
  for (const HiddenNoise hidden : {HiddenNoise{}, HiddenNoise{.dropout = 0.5}}) {
    auto f = data.objective(hidden, false);
    const Vector<double> theta = flatten(data.net);
    f.set_batch(data.all());
    const double first = f.value(theta, nullptr);
    Vector<double> g;
    CHECK(f.value(theta, &g) == first);
    CHECK(distance(g, slopes_of(f, theta)) < 1e-8);
    kept = 0;
    f.keep(theta);
    CHECK(kept / 1005 == first);
    f.set_batch(data.all());
    CHECK(f.value(theta, nullptr) != first);
  }
}

TEST_CASE("steepest descent on the whole set is SGD on it, seen after its steps") {
  const Training training{.epochs = 5, .batch_size = 23};
  const WeightDecay decay{.l2 = 0.02, .l1 = 0.01};
  auto net = tanh_classifier(), by_sgd = net;
  History history, of_sgd;
  Random one(2), other(3);
  fine_tune(net, two_labels, Backpropagation{}, SteepestDescent{}, training, one, decay, history);
  fine_tune(by_sgd, two_labels, Backpropagation{}, SGD{.learning_rate = 0.5}, training, other,
            decay, of_sgd);
  CHECK(distance(flatten(net), flatten(by_sgd)) < 1e-13);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& metrics = history.epochs[i].metrics;
    REQUIRE(metrics.size() == 2);
    CHECK(metrics[0].name == "cross-entropy");
    CHECK(metrics[1].name == "training error");
    for (std::size_t k = 0; k < 2; ++k)
      CHECK(metrics[k].value == near(of_sgd.epochs[i + 1].metrics[k].value, 1e-12));
  }
}

TEST_CASE("such an optimiser lets the top learn alone, knows a new function, and starts anew") {
  std::vector<int> steps;
  std::vector<bool> changed;
  const SteepestDescent descent{.steps = &steps, .changed = &changed};
  auto net = tanh_classifier();
  std::vector<decltype(net)> epochs{net};
  Random rng(2);
  struct AfterThree {
    int epochs = 0;
    bool restart() { return ++epochs == 3; }
  };
  fine_tune(net, two_labels, Backpropagation{.top_only_epochs = 2}, descent,
            {.epochs = 4, .batch_size = 23}, rng, WeightDecay{.l2 = 0.1}, AfterThree{},
            [&](const Progress&, const auto& now) { epochs.push_back(now); });
  CHECK(moved(epochs[1], epochs[0]) == std::pair(false, true));
  CHECK(moved(epochs[2], epochs[1]) == std::pair(false, true));
  CHECK(moved(epochs[3], epochs[2]) == std::pair(true, true));
  CHECK(moved(epochs[4], epochs[3]) == std::pair(true, true));
  CHECK(changed == std::vector<bool>{true, false, true, false});
  CHECK(steps == std::vector<int>{0, 1, 2, 0});

  changed.clear();
  fine_tune(net, two_labels, Backpropagation{}, descent, {.epochs = 2, .batch_size = 12}, rng);
  CHECK(changed == std::vector<bool>(4, true));
  changed.clear();
  fine_tune(net, two_labels, Backpropagation{}, descent, {.epochs = 2, .batch_size = 23}, rng,
            Masking{});
  CHECK(changed == std::vector<bool>(2, true));
}

TEST_CASE("early stopping ends such a run, with the net of the best epoch") {
  auto net = tanh_classifier();
  using Net = decltype(net);
  std::vector<Net> epochs;
  EarlyStopping<Net> stopping(
      [&](const Net& now) {
        epochs.push_back(now);
        return std::abs(static_cast<double>(epochs.size()) - 2);  // the second is the best
      },
      3);
  Random rng(2);
  fine_tune(net, two_labels, Backpropagation{}, SteepestDescent{}, {.epochs = 9, .batch_size = 23},
            rng, stopping);
  REQUIRE(epochs.size() == 5);
  CHECK(same_bits(net, epochs[1]));
  CHECK(!same_bits(net, epochs[4]));
}

TEST_CASE("a loss that is not finite stops such a run before it changes anything") {
  auto net = tanh_classifier();
  std::get<1>(net.layers).weights.setConstant(std::numeric_limits<double>::max());
  const auto before = net;
  Random rng(2);
  std::string message;
  try {
    fine_tune(net, two_labels, Backpropagation{}, SteepestDescent{}, {.batch_size = 23}, rng);
  } catch (const Diverged& e) {
    message = e.what();
  }
  CHECK(message ==
        "train: fine-tuning has a loss of nan at epoch 1, batch 1, but finite numbers are needed; "
        "the model is as it was");
  CHECK(same_bits(net, before));
}
