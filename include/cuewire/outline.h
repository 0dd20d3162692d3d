/* For a function that few messages need and that is called on the path of every message: left out
 * of line, it costs that path nothing, not even the saving of registers. */
#ifndef CUEWIRE_OUTLINE_H
#define CUEWIRE_OUTLINE_H

#define OUTLINE __attribute__((noinline))

/* The other way round, for what every message needs, where it is called from two places. */
#define INLINE __attribute__((always_inline)) inline

#endif
