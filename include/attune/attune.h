// SPDX-License-Identifier: Apache-2.0
// attune/attune.h - the whole of Attune, in the order of the loop.
#ifndef ATT_ATTUNE_H
#define ATT_ATTUNE_H

#include "attune/status.h"
#include "attune/host.h"
#include "attune/version.h"
#include "attune/signals.h"
#include "attune/items.h"
#include "attune/policy.h"
#include "attune/retrieve.h"
#include "attune/decide.h"
#include "attune/choose.h"
#include "attune/engine.h"
#include "attune/look.h"
#include "attune/queue.h"
#include "attune/experiment.h"
#include "attune/import.h"
#include "attune/wire.h"
#include "attune/measure.h"
#include "attune/report.h"
#include "attune/ope.h"
#include "attune/simulate.h"
#include "attune/trial.h"
#include "attune/filter.h"
#include "attune/near.h"
#include "attune/generate.h"
#include "attune/provenance.h"
#include "attune/prompt.h"
#include "attune/audio.h"
#include "attune/fingerprint.h"
#include "attune/music.h"
#include "attune/stretch.h"
#include "attune/master.h"
#include "attune/stems.h"
#include "attune/compose.h"

#endif
