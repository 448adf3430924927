// SPDX-License-Identifier: Apache-2.0
// bench/bench_index_others.cpp - hnswlib and faiss, compiled for this very processor. Measured, never shipped.
#include "bench_index_others.h"

#ifdef BENCH_HNSWLIB
#include <hnswlib/hnswlib.h>
#endif
#ifdef BENCH_FAISS
#include <faiss/IndexHNSW.h>
#include <omp.h>
#endif
#include <vector>

namespace
{

#ifdef BENCH_HNSWLIB
struct hnswlib_index {
    hnswlib::InnerProductSpace space;
    hnswlib::HierarchicalNSW<float> graph;
    hnswlib_index(size_t dim, size_t count) : space(dim), graph(&space, count, 16, 200)
    {
    }
};

void *hnswlib_build(const float *vectors, size_t count, size_t dim)
{
    auto *index = new hnswlib_index(dim, count);
    for (size_t i = 0; i < count; i++)
        index->graph.addPoint(vectors + i * dim, i);
    return index;
}

void hnswlib_top(void *index, const float *query, size_t count, uint32_t width, uint32_t *ids)
{
    auto &graph = static_cast<hnswlib_index *>(index)->graph;
    graph.setEf(width);
    auto found = graph.searchKnn(query, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = UINT32_MAX;
    for (size_t i = found.size(); i-- > 0; found.pop())
        ids[i] = static_cast<uint32_t>(found.top().second);
}

void hnswlib_destroy(void *index)
{
    delete static_cast<hnswlib_index *>(index);
}
#endif

#ifdef BENCH_FAISS
void *faiss_build(const float *vectors, size_t count, size_t dim)
{
    omp_set_num_threads(1);
    auto *index = new faiss::IndexHNSWFlat(static_cast<int>(dim), 16, faiss::METRIC_INNER_PRODUCT);
    index->hnsw.efConstruction = 200;
    index->add(static_cast<faiss::Index::idx_t>(count), vectors);
    return index;
}

void faiss_top(void *index, const float *query, size_t count, uint32_t width, uint32_t *ids)
{
    auto *graph = static_cast<faiss::IndexHNSWFlat *>(index);
    graph->hnsw.efSearch = static_cast<int>(width);
    std::vector<float> scores(count);
    std::vector<faiss::Index::idx_t> found(count);
    graph->search(1, query, static_cast<faiss::Index::idx_t>(count), scores.data(), found.data());
    for (size_t i = 0; i < count; i++)
        ids[i] = static_cast<uint32_t>(found[i]);
}

void faiss_destroy(void *index)
{
    delete static_cast<faiss::IndexHNSWFlat *>(index);
}
#endif

const bench_other others[] = {
#ifdef BENCH_HNSWLIB
    {"hnswlib", hnswlib_build, hnswlib_top, hnswlib_destroy},
#endif
#ifdef BENCH_FAISS
    {"faiss", faiss_build, faiss_top, faiss_destroy},
#endif
    {nullptr, nullptr, nullptr, nullptr},
};

} // namespace

size_t bench_others(const bench_other **out)
{
    *out = others;
    return sizeof others / sizeof others[0] - 1;
}
