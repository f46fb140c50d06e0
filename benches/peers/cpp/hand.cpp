// Derivatives written by hand: what a good C++ programmer gets without any automatic differentiation.
// hand WORKLOAD...: one line of JSON for each figure; the folder of the numbers is in PEERS_DATA.
#include "adbench.hpp"
#include "arrays.hpp"
#include "nets.hpp"

int main(int count, char **names) {
    for (int i = 1; i < count; i++) {
        std::string w = names[i];
        if (w == "W1") w1();
        if (w == "W1v") w1v();
        if (w == "W2") w2();
        if (w == "W3") time_net<float>("W3", "f32", {64, 64, 32, 10}, 32), time_net<double>("W3", "f64", {64, 64, 32, 10}, 32);
        if (w == "W4") time_net<float>("W4", "f32", {784, 256, 128, 10}, 64), time_net<double>("W4", "f64", {784, 256, 128, 10}, 64);
        if (w == "W5") w5();
        if (w == "W6") time_curves<double>("W6", "f64, 1e6", 1000000), time_curves<double>("W6", "f64, 1e4", 10000);
        if (w == "W6f") time_curves<float>("W6f", "f32, 1e6", 1000000), time_curves<float>("W6f", "f32, 1e4", 10000);
        if (w == "W7g") w7g();
        if (w == "W7b") w7b();
        if (w == "W10") w10();
        if (w == "W11") w11();
    }
}
