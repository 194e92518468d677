package memory

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// enterJail puts this process, and so all its later children, into a Job Object with a limit on what they commit
// together. Windows kills nobody for it: whoever asks for more is refused, and most programs then end.
func enterJail(limit int64) (*Jail, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, &noJail{limit, []error{fmt.Errorf("job object: %w", err)}}
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{JobMemoryLimit: uintptr(limit)}
	// With its last handle, which is ours, the job ends, and all that is in it: no orphan stays.
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_JOB_MEMORY | windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err == nil {
		err = windows.AssignProcessToJobObject(job, windows.CurrentProcess())
	}
	if err != nil {
		return nil, &noJail{limit, []error{fmt.Errorf("job object: %w", errors.Join(err, windows.CloseHandle(job)))}}
	}
	return &Jail{text: fmt.Sprintf("job object: no more than %s committed by the server and all that it runs", inMB(limit))}, nil
}
