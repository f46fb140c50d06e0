// W1, W1v, W6, W6f, W10 and W11 by hand; vector functions from libmvec.
#pragma once
#include "bench.hpp"
using std::vector;

inline double scalars(double a, double b, double *g) {
    double s, c;
    sincos(a * b, &s, &c);
    double ea = exp(a), lb = log(b), t = tanh(a / b), q = 1 - t * t;
    g[0] = b * c + ea * lb - q / b;
    g[1] = a * c + ea / b + q * a / (b * b);
    return s + ea * lb - t;
}

inline void w1() {
    volatile double a = 0.7, b = 1.3;
    double y, g[2];
    double us = least([&] { y = scalars(a, b, g); keep(&y), keep(g); });
    report("W1", "f64", "c++", us, {y, g[0], g[1]});
}

inline void w1v() {
    const int N = 4096;
    auto a = line(0.5, 0.9, N), b = line(1.1, 1.6, N);
    vector<double> y(N), ga(N), gb(N);
    double us = least([&] {
        for (int i = 0; i < N; i++) {
            double p = a[i] * b[i], s = sin(p), c = cos(p), ea = exp(a[i]), lb = log(b[i]), t = tanh(a[i] / b[i]), q = 1 - t * t;
            y[i] = s + ea * lb - t;
            ga[i] = b[i] * c + ea * lb - q / b[i];
            gb[i] = a[i] * c + ea / b[i] + q * a[i] / (b[i] * b[i]);
        }
        keep(y.data()), keep(ga.data()), keep(gb.data());
    });
    report("W1v", "f64, a point", "c++", us / N, {sum(y), sum(ga), sum(gb)});
}

// tanh and the sigmoid, each from one exponential.
template <class T> T curves(const T *x, T *g, long n) {
    T sum = 0;
    for (long i = 0; i < n; i++) {
        T v = x[i], a = std::exp(-2 * (2 * v + 1)), b = std::exp(-v);
        T t = (1 - a) / (1 + a), s = 1 / (1 + b), r = std::sqrt(v * v + 1);
        sum += t * s - r;
        g[i] = 2 * (1 - t * t) * s + t * s * (1 - s) - v / r;
    }
    return sum;
}

template <class T> void time_curves(const char *workload, const char *what, long n) {
    auto exact = line(-3, 3, n);
    vector<T> x(exact.begin(), exact.end()), g(n);
    T value;
    double us = least([&] { value = curves(x.data(), g.data(), n); keep(&value), keep(g.data()); });
    report(workload, what, "c++", us, {(double)value, sum(g)});
}

// The chain in blocks that stay in the second cache.
inline void chain(const char *what, int n) {
    const int K = 250, BLOCK = 128;
    auto x = line(0, 1, n);
    vector<double> g(n), cosines(K * BLOCK);
    double value;
    double us = least([&] {
        value = 0;
        for (int at = 0; at < n; at += BLOCK) {
            int m = std::min(BLOCK, n - at);
            double z[BLOCK], d[BLOCK];
            for (int i = 0; i < m; i++) z[i] = x[at + i], d[i] = 1;
            for (int k = 0; k < K; k++) {
                double *c = &cosines[k * BLOCK];
                for (int i = 0; i < m; i++) c[i] = cos(z[i]);
                for (int i = 0; i < m; i++) z[i] = sin(z[i]) * 0.9 + z[i] * 0.1;
            }
            for (int k = K - 1; k >= 0; k--) {
                double *c = &cosines[k * BLOCK];
                for (int i = 0; i < m; i++) d[i] *= 0.9 * c[i] + 0.1;
            }
            for (int i = 0; i < m; i++) value += z[i], g[at + i] = d[i];
        }
        keep(&value), keep(g.data());
    });
    report("W10", what, "c++", us, {value, sum(g)});
}

inline void w10() {
    chain("chain of 1e3, call on 1e3", 1000);
    chain("chain of 1e3, call on 1e4", 10000);
}

inline void w11() {
    const int n = 1000, m = 100;
    auto x = line(0.5, 1.5, n), v = line(-1, 1, n);
    vector<double> o(n);
    double us = least([&] {
        o[0] = (1200 * x[0] * x[0] - 400 * x[1] + 2) * v[0] - 400 * x[0] * v[1];
        for (int i = 1; i < n - 1; i++)
            o[i] = (1200 * x[i] * x[i] - 400 * x[i + 1] + 202) * v[i] - 400 * x[i] * v[i + 1] - 400 * x[i - 1] * v[i - 1];
        o[n - 1] = 200 * v[n - 1] - 400 * x[n - 2] * v[n - 2];
        keep(o.data());
    });
    double along = 0;
    for (int i = 0; i < n; i++) along += o[i] * v[i];
    report("W11", "HVP, n = 1000", "c++", us, {sum(o), along});

    auto y = line(0.5, 1.5, m);
    vector<double> H(m * m);
    us = least([&] {
        memset(H.data(), 0, m * m * 8);
        for (int i = 0; i < m - 1; i++) {
            H[i * m + i] += 1200 * y[i] * y[i] - 400 * y[i + 1] + 2;
            H[(i + 1) * m + i + 1] += 200;
            H[i * m + i + 1] = H[(i + 1) * m + i] = -400 * y[i];
        }
        keep(H.data());
    });
    double trace = 0;
    for (int i = 0; i < m; i++) trace += H[i * m + i];
    report("W11", "Hessian, n = 100", "c++", us, {sum(H), trace});
}
