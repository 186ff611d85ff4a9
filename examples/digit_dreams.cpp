// SPDX-License-Identifier: MIT
// Usage:  digit_dreams [--load FILE] [--judge FILE] [--sweeps 1000] …
// Output: what a deep belief net dreams that has learned digits with their labels: a table of digits
//         by label, an animation of each digit being dreamt, what the net sees in noise, and how
//         its reading of a digit settles. It is trained, as by dbn_generative --quick, or loaded.
#include <iostream>
#include <strata/io/apng.hpp>
#include <strata/io/chart.hpp>
#include <strata/io/png.hpp>
#include <strata/io/safetensors.hpp>
#include <strata/strata.hpp>

#include "support/dreams.hpp"
#include "support/pictures.hpp"
#include "support/program.hpp"
using namespace strata;

// All ten digits at once, each with its label clamped, from pictures of noise on: one sweep from frame
// to frame at first, then five.
void write_dreaming(const support::Program& program, const support::DreamingNet& net, Random& rng) {
  Dreams dreams(net, support::pictures_of_noise(net, 10, rng), rng);
  dreams.clamp({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  std::vector<Image> frames;
  for (int frame = 0; frame < 60; ++frame) {
    dreams.run(frame < 20 ? 1 : 5, rng);
    frames.push_back(support::squares(dreams.pixels(rng), {.columns = 5, .zoom = 3}));
  }
  write_apng(program.announce("dreaming.png"), frames, {.milliseconds = 120});
}

// Ten pictures of noise, and below what the net makes of them after 1, 2, 5, 20 and 200 sweeps.
void write_noise(const support::Program& program, const support::DreamingNet& net, Random& rng) {
  const Matrix<float> noise = support::pictures_of_noise(net, 10, rng);
  Dreams dreams(net, noise, rng);
  Matrix<float> rows(noise.rows(), 60);
  rows.leftCols(10) = noise;
  int done = 0;
  for (Index row = 1; const int sweeps : {1, 2, 5, 20, 200}) {
    dreams.run(sweeps - done, rng);
    done = sweeps;
    rows.middleCols(10 * row++, 10) = dreams.pixels(rng);
  }
  write_png(program.announce("noise.png"), support::squares(rows, {.columns = 10, .zoom = 2}));
  const Matrix<float> p = dreams.label_probabilities();
  std::cout << "in noise the net sees";
  for (Index j = 0; j < p.cols(); ++j) std::cout << " " << likeliest(p, j);
  std::cout << "\n";
}

// The probabilities of the labels of one test digit, from equal ones on, sweep by sweep of mean field:
// of the digit that is least decided after three.
void write_settling(const support::Program& program, const support::DreamingNet& net,
                    const LabelledImages<float>& digits, Random& rng) {
  const Matrix<float> images =
      digits.images.leftCols(std::min<Index>(2000, digits.size())).numbers();
  Index least = 0;
  label_probabilities(net, images, ByMeanField{3}, rng).colwise().maxCoeff().minCoeff(&least);
  std::vector<Series> curves(10);
  std::vector<std::string> marks{"0"};
  for (int label = 0; label < 10; ++label)
    curves[static_cast<std::size_t>(label)] = {text(label), {0.1}};
  for (int sweeps = 1; sweeps <= 15; ++sweeps) {
    marks.push_back(text(sweeps));
    const auto now = label_probabilities(net, images.col(least), ByMeanField{sweeps}, rng);
    for (Index label = 0; label < 10; ++label)
      curves[static_cast<std::size_t>(label)].y.push_back(static_cast<double>(now(label)));
  }
  const int truth = digits.labels[static_cast<std::size_t>(least)];
  write_line_chart(program.announce("settling.svg"),
                   text("What to take this for? Its label is ", truth, "."), "sweeps of mean field",
                   "p(label | image)", curves, marks);
  write_png(program.announce("settling.png"), support::squares(images.col(least), {.zoom = 4}));
}

// How many of the dreamt digits are read as the label that was clamped.
template <class Net>
void judge(support::Program& program, const std::string& who, const Net& net,
           const Matrix<float>& digits) {
  const Labels seen = classify(net, digits);
  int right = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) right += seen[i] == static_cast<int>(i) / 10;
  std::cout << who << " reads " << right << " of " << seen.size() << " dreamt digits rightly\n";
  program.result(who, right);
}

int main(int argc, char** argv) {
  support::Program program("digit_dreams", "A deep belief net dreams of digits.");
  int sweeps = 1000, epochs = 40;
  std::string judge_file;
  program.option("--sweeps", sweeps, "of Gibbs sampling between two columns of the table");
  program.option("--epochs", epochs, "of up-down, if there is no --load");
  program.option("--judge", judge_file, "classifier saved by mnist_dbn, to read what is dreamt");

  return program.run(argc, argv, [&] {
    const auto mnist = read_mnist<float>(program.mnist_folder());
    Random rng(program.seed);
    support::DreamingNet net;
    if (program.load.empty()) {
      History history;
      auto greedy = labelled_dbn<float>({784, 500, 500, 2000}, 10);
      support::learn_greedily(greedy, mnist.train, 5, rng, history, program.checkpoint());
      net = untied(greedy);
      support::learn_up_down(
          net, mnist.train, epochs, rng, history, [](auto&&...) {}, program.checkpoint());
    } else {
      net = support::load_dreaming_net(program.load);
    }
    if (!program.save.empty()) save(program.save, net);

    const auto digits = support::write_digits_by_label(program, net, sweeps, rng);
    write_dreaming(program, net, rng);
    write_noise(program, net, rng);
    write_settling(program, net, mnist.test, rng);
    judge(program, "net", net, digits);
    if (!judge_file.empty()) {
      auto classifier = untrained_classifier<float>(layer_sizes(read_contents(judge_file)));
      load(judge_file, classifier);
      judge(program, "judge", classifier, digits);
    }
    program.result("test_error", error_rate(net, mnist.test));
  });
}
