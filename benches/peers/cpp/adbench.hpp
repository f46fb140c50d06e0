// W7g and W7b: gradients of ADBench's mixture of Gaussians and bundle adjustment, written by hand.
#pragma once
#include "bench.hpp"
using std::vector;

typedef double V __attribute__((vector_size(64)));
inline double across(V v) { double s = 0; for (int i = 0; i < 8; i++) s += v[i]; return s; }

// Eight examples in the lanes of a vector, all Gaussians kept, one sweep forwards and backwards.
struct Mixture {
    static const int d = 10, K = 25, N = 1000, ND = d * (d + 1) / 2;
    vector<double> al, mu, ic, ga, gm, gi;
    vector<V> xT;

    Mixture() : ga(K), gm(K * d), gi(K * ND), xT(N / 8 * d) {
        Numbers n("W7g");
        al = n.take<double>(K), mu = n.take<double>(K * d), ic = n.take<double>(K * ND);
        auto x = n.take<double>(N * d);
        for (int b = 0; b < N / 8; b++)
            for (int j = 0; j < d; j++)
                for (int l = 0; l < 8; l++) xT[b * d + j][l] = x[(b * 8 + l) * d + j];
    }

    double value(bool grad) {
        double Q[K * d], sq[K], prior = 0;
        for (int k = 0; k < K; k++) {
            double s = 0;
            for (int j = 0; j < d; j++) {
                double q = ic[k * ND + j];
                s += q, Q[k * d + j] = exp(q), prior += Q[k * d + j] * Q[k * d + j];
            }
            sq[k] = s;
            for (int j = d; j < ND; j++) prior += ic[k * ND + j] * ic[k * ND + j];
        }
        static V t[K], A[K], gM[K * d], gI[K * ND];
        V zero = {}, total = {};
        if (grad) {
            for (auto &v : A) v = zero;
            for (auto &v : gM) v = zero;
            for (auto &v : gI) v = zero;
        }
        for (int b = 0; b < N / 8; b++) {
            const V *x = &xT[b * d];
            V ys[K][d];
            for (int k = 0; k < K; k++) {
                V xc[d], y[d], s = zero;
                for (int j = 0; j < d; j++) xc[j] = x[j] - mu[k * d + j], y[j] = Q[k * d + j] * xc[j];
                const double *L = &ic[k * ND + d];
                int p = 0;
                for (int j = 0; j < d; j++)
                    for (int r = j + 1; r < d; r++) y[r] += L[p++] * xc[j];
                for (int j = 0; j < d; j++) s += y[j] * y[j], ys[k][j] = y[j];
                t[k] = al[k] + sq[k] - 0.5 * s;
            }
            V m = t[0];
            for (int k = 1; k < K; k++) m = t[k] > m ? t[k] : m;
            double ee[K * 8], *tt = (double *)t, lg[8];
            for (int k = 0; k < K; k++)
                for (int l = 0; l < 8; l++) ee[k * 8 + l] = exp(tt[k * 8 + l] - m[l]);
            V e = zero, lv;
            for (int k = 0; k < K; k++) { V v; memcpy(&v, ee + k * 8, 64); e += v; }
            for (int l = 0; l < 8; l++) lg[l] = log(e[l]);
            memcpy(&lv, lg, 64);
            total += lv + m;
            if (!grad) continue;
            V inverse = 1.0 / e;
            for (int k = 0; k < K; k++) {
                V w, u[d], xc[d], mm[d];
                memcpy(&w, ee + k * 8, 64);
                w *= inverse, A[k] += w;
                const double *L = &ic[k * ND + d];
                for (int j = 0; j < d; j++) u[j] = w * ys[k][j], xc[j] = x[j] - mu[k * d + j], mm[j] = Q[k * d + j] * u[j];
                V *G = gI + k * ND;
                for (int j = 0; j < d; j++) G[j] += u[j] * xc[j];
                G += d;
                int p = 0;
                for (int j = 0; j < d; j++)
                    for (int r = j + 1; r < d; r++, p++) G[p] += u[r] * xc[j], mm[j] += L[p] * u[r];
                for (int j = 0; j < d; j++) gM[k * d + j] += mm[j];
            }
        }
        double m = *std::max_element(al.begin(), al.end()), e = 0;
        for (int k = 0; k < K; k++) e += exp(al[k] - m);
        if (grad)
            for (int k = 0; k < K; k++) {
                double W = across(A[k]);
                ga[k] = W - N * exp(al[k] - m) / e;
                for (int j = 0; j < d; j++) {
                    double q = Q[k * d + j];
                    gm[k * d + j] = across(gM[k * d + j]), gi[k * ND + j] = W - q * across(gI[k * ND + j]) + q * q;
                }
                for (int j = d; j < ND; j++) gi[k * ND + j] = -across(gI[k * ND + j]) + ic[k * ND + j];
            }
        return -N * d * 0.5 * log(2 * M_PI) + across(total) - N * (log(e) + m) + 0.5 * prior;
    }
};

inline void w7g() {
    Mixture it;
    double y = it.value(true);
    double us = least([&] { y = it.value(true); keep(&y), keep(it.gi.data()); });
    report("W7g", "value and gradient", "c++", us, {y, sum(it.ga), sum(it.gm), sum(it.gi)});
    us = least([&] { y = it.value(false); keep(&y); });
    report("W7g", "value", "c++", us, {y});
}

// One observation: the residual, and both rows of its Jacobian (camera, point, weight) in reverse.
inline void observation(const double *c, const double *P, double w, const double *ft, double *out, double *J) {
    double th2 = c[0] * c[0] + c[1] * c[1] + c[2] * c[2], th = std::sqrt(th2), it = 1 / th;
    double k[3] = {c[0] * it, c[1] * it, c[2] * it}, x[3] = {P[0] - c[3], P[1] - c[4], P[2] - c[5]}, cs, sn, R[3];
    sincos(th, &sn, &cs);
    double oc = 1 - cs, kx = k[0] * x[0] + k[1] * x[1] + k[2] * x[2];
    double cr[3] = {k[1] * x[2] - k[2] * x[1], k[2] * x[0] - k[0] * x[2], k[0] * x[1] - k[1] * x[0]};
    for (int i = 0; i < 3; i++) R[i] = x[i] * cs + cr[i] * sn + k[i] * kx * oc;
    double iz = 1 / R[2], u = R[0] * iz, v = R[1] * iz, r2 = u * u + v * v, q = 1 + c[9] * r2 + c[10] * r2 * r2, f = c[6], D = q * f;
    double e0 = u * D + c[7] - ft[0], e1 = v * D + c[8] - ft[1];
    out[0] = w * e0, out[1] = w * e1;
    double dq = c[9] + 2 * c[10] * r2;
    for (int r = 0; r < 2; r++) {
        double *j = J + 15 * r, a = r ? v : u;
        double aD = w * a, aq = aD * f, ar2 = aq * dq, au = 2 * u * ar2 + (r ? 0 : w * D), av = 2 * v * ar2 + (r ? w * D : 0);
        j[6] = aD * q, j[7] = r ? 0 : w, j[8] = r ? w : 0, j[9] = aq * r2, j[10] = aq * r2 * r2, j[14] = r ? e1 : e0;
        double aR[3] = {au * iz, av * iz, -(au * u + av * v) * iz}, kR = k[0] * aR[0] + k[1] * aR[1] + k[2] * aR[2], dth = 0, ax[3], ak[3];
        double xr[3] = {aR[1] * k[2] - aR[2] * k[1], aR[2] * k[0] - aR[0] * k[2], aR[0] * k[1] - aR[1] * k[0]};
        double rx[3] = {x[1] * aR[2] - x[2] * aR[1], x[2] * aR[0] - x[0] * aR[2], x[0] * aR[1] - x[1] * aR[0]};
        for (int i = 0; i < 3; i++) {
            dth += aR[i] * (-x[i] * sn + cr[i] * cs + k[i] * kx * sn);
            ax[i] = aR[i] * cs + sn * xr[i] + k[i] * oc * kR, ak[i] = sn * rx[i] + oc * (aR[i] * kx + x[i] * kR);
        }
        double kak = k[0] * ak[0] + k[1] * ak[1] + k[2] * ak[2];
        for (int i = 0; i < 3; i++) j[i] = k[i] * dth + (ak[i] - k[i] * kak) * it, j[3 + i] = -ax[i], j[11 + i] = ax[i];
    }
}

inline void w7b() {
    const int n = 36455;
    Numbers numbers("W7b");
    auto cameras = numbers.take<double>(n * 11), points = numbers.take<double>(n * 3), weights = numbers.take<double>(n), features = numbers.take<double>(n * 2);
    vector<double> r(n * 2), J(n * 30);
    double us = least([&] {
        for (int i = 0; i < n; i++) observation(&cameras[11 * i], &points[3 * i], weights[i], &features[2 * i], &r[2 * i], &J[30 * i]);
        keep(r.data()), keep(J.data());
    });
    double by_camera = 0, by_point = 0, by_weight = 0;
    for (int i = 0; i < 2 * n; i++) {
        for (int j = 0; j < 11; j++) by_camera += J[15 * i + j];
        for (int j = 11; j < 14; j++) by_point += J[15 * i + j];
        by_weight += J[15 * i + 14];
    }
    report("W7b", "f64", "c++", us, {sum(r), by_camera, by_point, by_weight});
}
