// A small ray tracer: three mirror balls over a chequered floor, drawn with characters.
// raytrace [WIDTH [HEIGHT [SAMPLES]]] prints the picture and a checksum of the exact brightness values.
//
// Built with: clang --target=wasm32-wasi -O2 -o raytrace.wasm raytrace.c
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct { double x, y, z; } Vec;
typedef struct { Vec centre; double radius, shine, colour; } Ball;

static const Ball balls[] = {
    {{-1.3, 1.0, 4.6}, 1.0, 0.55, 0.9},
    {{0.9, 0.7, 3.4}, 0.7, 0.35, 0.6},
    {{0.2, 2.1, 5.6}, 0.8, 0.75, 1.0},
};
enum { BALLS = sizeof balls / sizeof balls[0], MAX_DEPTH = 5 };
static const char shades[] = " .:-=+*#%@";

static Vec add(Vec a, Vec b) { return (Vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vec scale(Vec a, double k) { return (Vec){a.x * k, a.y * k, a.z * k}; }
static double dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vec unit(Vec a) { return scale(a, 1 / sqrt(dot(a, a))); }

// Distance along the ray to the nearest ball in front, or 0; *which says which ball.
static double hit(Vec from, Vec way, int *which) {
    double nearest = 0;
    for (int i = 0; i < BALLS; i++) {
        Vec to = add(balls[i].centre, scale(from, -1));
        double along = dot(to, way), miss = dot(to, to) - along * along, r = balls[i].radius;
        if (along <= 0 || miss >= r * r) continue;
        double t = along - sqrt(r * r - miss);
        if (t > 1e-6 && (nearest == 0 || t < nearest)) nearest = t, *which = i;
    }
    return nearest;
}

static double light(Vec from, Vec way, int depth) {
    int which = -1;
    double t = hit(from, way, &which);
    Vec sun = unit((Vec){-0.6, 1.0, -0.7});
    if (t > 0) {
        const Ball *b = &balls[which];
        Vec at = add(from, scale(way, t)), normal = unit(add(at, scale(b->centre, -1)));
        double diffuse = fmax(0, dot(normal, sun)) * b->colour;
        if (depth == MAX_DEPTH) return diffuse;
        Vec bounce = add(way, scale(normal, -2 * dot(way, normal)));
        return diffuse * (1 - b->shine) + b->shine * light(at, bounce, depth + 1);
    }
    if (way.y < -1e-4) {
        t = -from.y / way.y;
        Vec at = add(from, scale(way, t));
        double tile = ((int)floor(at.x) + (int)floor(at.z)) & 1 ? 0.75 : 0.25;
        double shadow = hit(at, sun, &which) > 0 ? 0.4 : 1;
        return tile * shadow / (1 + 0.004 * t * t);
    }
    return 0.15 + 0.5 * way.y;
}

int main(int argc, char **argv) {
    int width = argc > 1 ? atoi(argv[1]) : 78, height = argc > 2 ? atoi(argv[2]) : 34, samples = argc > 3 ? atoi(argv[3]) : 8;
    if (width < 1 || height < 1 || samples < 1 || width > 1000 || height > 1000 || samples > 1000) {
        fprintf(stderr, "usage: raytrace [WIDTH [HEIGHT [SAMPLES]]], each 1 to 1000\n");
        return 2;
    }
    uint64_t sum = 0xcbf29ce484222325u;
    uint32_t seed = 12345;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double total = 0;
            for (int s = 0; s < samples; s++) {
                seed = seed * 1664525u + 1013904223u;
                double dx = (seed >> 16 & 255) / 256.0, dy = (seed >> 24) / 256.0;
                Vec way = {(x + dx - width / 2.0) / width * 2.2, (height / 2.0 - y - dy) / height * 1.9, 1.5};
                total += light((Vec){0, 1.3, -1}, unit(way), 0);
            }
            double v = total / samples;
            int shade = (int)(v * (sizeof shades - 2) + 0.5);
            if (shade < 0) shade = 0;
            if (shade > (int)sizeof shades - 2) shade = sizeof shades - 2;
            putchar(shades[shade]);
            sum = (sum ^ (uint64_t)(v * 1e6)) * 0x100000001b3u;
        }
        putchar('\n');
    }
    printf("checksum %016llx\n", (unsigned long long)sum);
    return 0;
}
