{{- define "app.name" -}}
{{- required "name: say what the app is called, settlement for instance" .Values.name -}}
{{- end -}}

{{/* Short enough that what is appended to it still makes a name. */}}
{{- define "app.full" -}}
{{- printf "%s-%s" .Release.Name (include "app.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "app.selector" -}}
app.kubernetes.io/name: {{ include "app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "app.labels" -}}
{{ include "app.selector" . }}
app.kubernetes.io/part-of: bizops-portal
app.kubernetes.io/version: {{ include "app.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "app.account" -}}
{{- .Values.serviceAccount.name | default (include "app.full" .) -}}
{{- end -}}

{{/* Whether the app reads custom resources: it names some, and the portal has them. */}}
{{- define "app.follows" -}}
{{- if and .Values.global.customResources .Values.customResources -}}true{{- end -}}
{{- end -}}

{{- define "app.tag" -}}
{{- .Values.image.tag | default (.Values.global.image).tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "app.image" -}}
{{- $repository := required "image.repository: say which image the app is" .Values.image.repository -}}
{{- with (.Values.global.image).registry -}}{{- $repository = printf "%s/%s" . $repository -}}{{- end -}}
{{- if .Values.image.digest -}}{{ $repository }}@{{ .Values.image.digest }}{{- else -}}{{ $repository }}:{{ include "app.tag" . }}{{- end -}}
{{- end -}}
