// The stopwatch, the lines of the result, and the numbers that all contestants share.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

inline double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The compiler must assume that what p points to is read and written.
inline void keep(void *p) { asm volatile("" : : "g"(p) : "memory"); }

// Microseconds of one call: the least of many batches, each at least a millisecond long, over 0.3 seconds.
template <class F> double least(F call) {
    for (int i = 0; i < 3; i++) call();
    double start = now();
    call();
    double one = std::max(now() - start, 1e-9), best = 1e300;
    long calls = std::max(1L, (long)(1e-3 / one));
    double end = now() + 0.3;
    for (int batch = 0; batch < 5 || now() < end; batch++) {
        start = now();
        for (long i = 0; i < calls; i++) call();
        best = std::min(best, (now() - start) / calls);
    }
    return best * 1e6;
}

inline void report(const char *workload, const char *what, const char *contestant, double us,
                   std::initializer_list<double> check) {
    printf("{\"workload\": \"%s\", \"case\": \"%s\", \"contestant\": \"%s\", \"us\": %.6f, \"check\": [", workload, what,
           contestant, us);
    const char *comma = "";
    for (double x : check) printf("%s%.15e", comma, x), comma = ", ";
    printf("]}\n");
    fflush(stdout);
}

// The numbers of a workload, taken from the front one array after the other.
struct Numbers {
    std::vector<double> all;
    size_t used = 0;

    explicit Numbers(const char *workload) {
        std::string path = std::string(getenv("PEERS_DATA")) + "/" + workload + ".f64";
        FILE *file = fopen(path.c_str(), "rb");
        if (!file) fprintf(stderr, "cannot read %s\n", path.c_str()), exit(1);
        fseek(file, 0, SEEK_END);
        all.resize(ftell(file) / 8);
        rewind(file);
        if (fread(all.data(), 8, all.size(), file) != all.size()) exit(1);
        fclose(file);
    }

    template <class T> std::vector<T> take(size_t n) {
        used += n;
        return std::vector<T>(all.begin() + (used - n), all.begin() + used);
    }
};

template <class T> double sum(const T &values) {
    double s = 0;
    for (double x : values) s += x;
    return s;
}

inline std::vector<double> line(double from, double to, long n) {
    std::vector<double> x(n);
    for (long i = 0; i < n; i++) x[i] = from + (to - from) * i / (n - 1);
    return x;
}
