// W2 to W5: training steps of networks with products by OpenBLAS, logistic regression; and the products alone.
#pragma once
#include "bench.hpp"
#include <cblas.h>
#ifdef SCIPY_OPENBLAS
#define cblas_dgemm scipy_cblas_dgemm
#define cblas_sgemm scipy_cblas_sgemm
#define cblas_dgemv scipy_cblas_dgemv
#endif
using std::vector;

const int STEPS = 20;

// W2: 2-8-8-1, batch 10; compile-time sizes, layout [unit][example].
struct Small {
    static const int B = 10, H = 8;
    alignas(64) double W1[2][H], b1[H], W2[H][H], b2[H], W3[H], b3, x[2][B], y[B];

    Small() {
        Numbers n("W2");
        auto put = [&](double *to, size_t count) { auto v = n.take<double>(count); std::copy(v.begin(), v.end(), to); };
        put(&W1[0][0], 2 * H), put(b1, H), put(&W2[0][0], H * H), put(b2, H), put(W3, H), put(&b3, 1);
        auto rows = n.take<double>(2 * B);
        for (int i = 0; i < B; i++) x[0][i] = rows[2 * i], x[1][i] = rows[2 * i + 1];
        put(y, B);
    }

    double parameters() {
        double s = b3;
        for (int j = 0; j < H; j++) {
            s += W1[0][j] + W1[1][j] + b1[j] + b2[j] + W3[j];
            for (int k = 0; k < H; k++) s += W2[j][k];
        }
        return s;
    }

    double step(double lr) {
        alignas(64) double h1[H][B], h2[H][B], z[B], d3[B], d2[H][B], d1[H][B];
        double loss = 0;
        for (int j = 0; j < H; j++)
            for (int i = 0; i < B; i++) h1[j][i] = std::tanh(b1[j] + x[0][i] * W1[0][j] + x[1][i] * W1[1][j]);
        for (int j = 0; j < H; j++) {
            double a[B];
            for (int i = 0; i < B; i++) a[i] = b2[j];
            for (int k = 0; k < H; k++)
                for (int i = 0; i < B; i++) a[i] += h1[k][i] * W2[k][j];
            for (int i = 0; i < B; i++) h2[j][i] = std::tanh(a[i]);
        }
        for (int i = 0; i < B; i++) z[i] = b3;
        for (int k = 0; k < H; k++)
            for (int i = 0; i < B; i++) z[i] += h2[k][i] * W3[k];
        for (int i = 0; i < B; i++) {
            double e = std::exp(-std::fabs(z[i]));
            loss += std::max(z[i], 0.0) + std::log(1 + e) - y[i] * z[i];
            double p = (z[i] > 0 ? 1.0 : e) / (1 + e);
            d3[i] = (p - y[i]) / B;
        }
        for (int k = 0; k < H; k++) {
            double g = 0;
            for (int i = 0; i < B; i++) {
                g += h2[k][i] * d3[i];
                d2[k][i] = d3[i] * W3[k] * (1 - h2[k][i] * h2[k][i]);
            }
            W3[k] -= lr * g;
        }
        double g3 = 0;
        for (int i = 0; i < B; i++) g3 += d3[i];
        b3 -= lr * g3;
        for (int k = 0; k < H; k++) {
            double a[B] = {};
            for (int j = 0; j < H; j++) {
                double g = 0;
                for (int i = 0; i < B; i++) a[i] += d2[j][i] * W2[k][j], g += h1[k][i] * d2[j][i];
                W2[k][j] -= lr * g;
            }
            for (int i = 0; i < B; i++) d1[k][i] = a[i] * (1 - h1[k][i] * h1[k][i]);
        }
        for (int j = 0; j < H; j++) {
            double g0 = 0, g1 = 0, gb1 = 0, gb2 = 0;
            for (int i = 0; i < B; i++) g0 += x[0][i] * d1[j][i], g1 += x[1][i] * d1[j][i], gb1 += d1[j][i], gb2 += d2[j][i];
            W1[0][j] -= lr * g0, W1[1][j] -= lr * g1, b1[j] -= lr * gb1, b2[j] -= lr * gb2;
        }
        return loss / B;
    }
};

inline void gemm(bool ta, bool tb, int m, int n, int k, const double *A, int lda, const double *B, int ldb, double *C, int ldc) {
    cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, A, lda, B, ldb, 0, C, ldc);
}
inline void gemm(bool ta, bool tb, int m, int n, int k, const float *A, int lda, const float *B, int ldb, float *C, int ldc) {
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, A, lda, B, ldb, 0, C, ldc);
}

// W3 and W4: row-major [example][unit].
template <class T> struct Net {
    vector<int> s;
    int B, L;
    vector<vector<T>> W, b, h, d, gW;
    vector<T> y;

    Net(const char *workload, vector<int> sizes, int batch) : s(sizes), B(batch), L(sizes.size() - 1) {
        Numbers n(workload);
        for (int k = 0; k < L; k++) {
            W.push_back(n.take<T>(s[k] * s[k + 1]));
            b.push_back(n.take<T>(s[k + 1]));
            gW.emplace_back(s[k] * s[k + 1]);
        }
        h.push_back(n.take<T>(B * s[0]));
        d.emplace_back(B * s[0]);
        for (int k = 1; k <= L; k++) h.emplace_back(B * s[k]), d.emplace_back(B * s[k]);
        y = n.take<T>(B * s[L]);
    }

    double parameters() {
        double total = 0;
        for (int k = 0; k < L; k++) total += sum(W[k]) + sum(b[k]);
        return total;
    }

    void forward_product(int k) { gemm(0, 0, B, s[k + 1], s[k], h[k].data(), s[k], W[k].data(), s[k + 1], h[k + 1].data(), s[k + 1]); }
    void weight_product(int k) { gemm(1, 0, s[k], s[k + 1], B, h[k].data(), s[k], d[k + 1].data(), s[k + 1], gW[k].data(), s[k + 1]); }
    void backward_product(int k) { gemm(0, 1, B, s[k], s[k + 1], d[k + 1].data(), s[k + 1], W[k].data(), s[k + 1], d[k].data(), s[k]); }

    // The products alone, on what stands there.
    void products() {
        for (int k = 0; k < L; k++) forward_product(k);
        for (int k = L - 1; k >= 0; k--) {
            weight_product(k);
            if (k) backward_product(k);
        }
    }

    T step(T lr) {
        T loss = 0;
        for (int k = 0; k < L; k++) {
            int m = s[k + 1];
            forward_product(k);
            T *p = h[k + 1].data();
            const T *bias = b[k].data();
            for (int i = 0; i < B; i++)
                for (int j = 0; j < m; j++) p[i * m + j] = k < L - 1 ? std::tanh(p[i * m + j] + bias[j]) : p[i * m + j] + bias[j];
        }
        int m = s[L];
        for (int i = 0; i < B; i++) {
            T *p = &h[L][i * m], *q = &d[L][i * m], *t = &y[i * m];
            T most = p[0], total = 0, at = 0;
            for (int j = 1; j < m; j++) most = std::max(most, p[j]);
            for (int j = 0; j < m; j++) at += t[j] * (p[j] - most), q[j] = std::exp(p[j] - most), total += q[j];
            loss += std::log(total) - at;
            for (int j = 0; j < m; j++) q[j] = (q[j] / total - t[j]) / B;
        }
        for (int k = L - 1; k >= 0; k--) {
            int m = s[k + 1], n = s[k];
            weight_product(k);
            if (k) {
                backward_product(k);
                T *q = d[k].data();
                const T *hh = h[k].data();
                for (int i = 0; i < B * n; i++) q[i] *= 1 - hh[i] * hh[i];
            }
            T *w = W[k].data(), *bias = b[k].data();
            const T *g = gW[k].data(), *q = d[k + 1].data();
            for (int i = 0; i < n * m; i++) w[i] -= lr * g[i];
            for (int i = 0; i < B; i++)
                for (int j = 0; j < m; j++) bias[j] -= lr * q[i * m + j];
        }
        return loss / B;
    }
};

template <class N, class T> void time_step(const char *workload, const char *what, N &net, T rate) {
    double first = net.step(rate), last = 0;
    for (int i = 1; i < STEPS; i++) last = net.step(rate);
    double total = net.parameters();
    double us = least([&] { T loss = net.step(rate); keep(&loss), keep(&net); });
    report(workload, what, "c++", us, {first, last, total});
}

template <class T> void time_net(const char *workload, const char *what, vector<int> sizes, int batch) {
    Net<T> net(workload, sizes, batch), other = net;
    time_step(workload, what, net, T(0.05));
    for (int k = 0; k < other.L; k++) std::fill(other.h[k].begin(), other.h[k].end(), T(1e-3)), std::fill(other.d[k + 1].begin(), other.d[k + 1].end(), T(1e-3));
    report(workload, what, "products: OpenBLAS", least([&] { other.products(); }), {});
}

inline void w2() { Small net; time_step("W2", "f64", net, 0.05); }

template <int D> double logistic(const double *X, const double *y, int n, const double *w, double b, double *g, double *gb) {
    double acc[D] = {}, loss = 0, by_b = 0;
    for (int i = 0; i < n; i += 8) { // eight rows at a time: their products, then the rows again into the gradient
        double z[8], q[8];
        int c = std::min(8, n - i);
        for (int r = 0; r < c; r++) {
            double s = 0;
            for (int j = 0; j < D; j++) s += X[D * (i + r) + j] * w[j];
            z[r] = s + b;
        }
        for (int r = 0; r < c; r++) {
            double e = std::exp(-std::fabs(z[r]));
            loss += std::max(z[r], 0.0) + std::log(1 + e) - y[i + r] * z[r];
            q[r] = (z[r] > 0 ? 1.0 : e) / (1 + e) - y[i + r];
            by_b += q[r];
        }
        for (int r = 0; r < c; r++)
            for (int j = 0; j < D; j++) acc[j] += q[r] * X[D * (i + r) + j];
    }
    for (int j = 0; j < D; j++) g[j] = acc[j] / n;
    *gb = by_b / n;
    return loss / n;
}

inline void w5() {
    Numbers numbers("W5");
    int n = numbers.all.size() / 65;
    auto X = numbers.take<double>(n * 64), y = numbers.take<double>(n);
    vector<double> w(64, 0.01), g(64), z(n);
    double gb, loss = 0;
    double us = least([&] { loss = logistic<64>(X.data(), y.data(), n, w.data(), 0, g.data(), &gb); keep(&loss), keep(g.data()); });
    report("W5", "f64", "c++", us, {loss, sum(g), gb});
    us = least([&] {
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, 64, 1, X.data(), 64, w.data(), 1, 0, z.data(), 1);
        cblas_dgemv(CblasRowMajor, CblasTrans, n, 64, 1, X.data(), 64, z.data(), 1, 0, g.data(), 1);
        keep(g.data());
    });
    report("W5", "f64", "products: OpenBLAS", us, {});
}
