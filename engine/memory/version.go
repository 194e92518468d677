package memory

// cgroupVersion is how one version of cgroups names things.
type cgroupVersion struct {
	name       string
	filesystem string // type of mount
	controller string // in v1, the hierarchy that limits memory
	limit      string // file
	usage      string // file
	kmem       string // file; "" where memory.stat tells
	hits       string // file that tells how often the limit was hit
	stat       statNames
}

// statNames are lines of memory.stat, those for the whole hierarchy. "" for what is not told there.
type statNames struct {
	inactive, active, mapped, anon, file, shmem, kernel string
}

// The names are those of the kernel's Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
var (
	v2 = cgroupVersion{
		name: "cgroup v2", filesystem: "cgroup2",
		limit: "memory.max", usage: "memory.current", hits: "memory.events",
		stat: statNames{"inactive_file", "active_file", "file_mapped", "anon", "file", "shmem", "kernel"},
	}
	v1 = cgroupVersion{
		name: "cgroup v1", filesystem: "cgroup", controller: "memory",
		limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", kmem: "memory.kmem.usage_in_bytes", hits: "memory.failcnt",
		stat: statNames{"total_inactive_file", "total_active_file", "total_mapped_file", "total_rss", "total_cache", "total_shmem", ""},
	}
)
