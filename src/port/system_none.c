#include "system.h"

int system_list(struct devices *out)
{
	(void)out;
	return -1;
}

int system_input_fd(void)
{
	return -1;
}

int system_listen(void)
{
	return -1;
}

int system_next(struct system_news *out)
{
	(void)out;
	return -1;
}
